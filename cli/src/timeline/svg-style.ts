/**
 * The look of the picture. No custom properties: some programs that draw SVG do not know them. Every colour of the light look
 * is set outside of the media query, so that a program that knows none shows that one.
 */
export const SVG_STYLE = `
svg{font-family:ui-sans-serif,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
.page{fill:#ffffff}
.title{fill:#1b2330;font-size:17px;font-weight:600}
.figure{fill:#1b2330;font-size:15px;font-weight:600}
.caption{fill:#667085;font-size:11px}
.group{fill:#1b2330;font-size:13px;font-weight:600}
.lane{fill:#667085;font-size:11.5px}
.share{fill:#667085;font-size:11px;text-anchor:end}
.tick{fill:#667085;font-size:11px;text-anchor:middle}
.band{fill:#f4f6f9}
.grid{stroke:#dfe4ec;stroke-width:1}
.label{fill:#ffffff;font-size:11px;font-weight:600;pointer-events:none}
.wait{opacity:.5}
.depth{fill:#98a2b3;opacity:.45}
.load{fill:#3d6fd6}
@media (prefers-color-scheme:dark){
.page{fill:#0f141c}
.title,.figure,.group{fill:#e8ecf3}
.caption,.lane,.share,.tick{fill:#98a4b8}
.band{fill:#182029}
.grid{stroke:#2a3442}
.wait{opacity:.6}
.depth{fill:#7d8aa0}
.load{fill:#5b8bee}
}`;
