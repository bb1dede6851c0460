/** The look of the page. Works from the first paint, without its script. */
export const HTML_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1b2330;--soft:#667085;--band:#f4f6f9;--line:#dfe4ec;--focus:#3d6fd6}
@media (prefers-color-scheme:dark){:root{--page:#0f141c;--ink:#e8ecf3;--soft:#98a4b8;--band:#182029;--line:#2a3442;--focus:#7ba2f5}}
*{box-sizing:border-box}
body{margin:0;padding:28px 32px;background:var(--page);color:var(--ink);font:14px/1.45 ui-sans-serif,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{margin:0 0 14px;font-size:20px}
dl{display:flex;flex-wrap:wrap;gap:10px 36px;margin:0 0 18px}
dl div{display:flex;flex-direction:column-reverse}
dt{color:var(--soft);font-size:12px}
dd{margin:0;font-size:17px;font-weight:600;font-variant-numeric:tabular-nums}
.tools{display:flex;flex-wrap:wrap;align-items:center;gap:10px 24px;margin:0 0 12px;color:var(--soft)}
.tools input[type=range]{width:220px;vertical-align:middle;accent-color:var(--focus)}
.tools input[type=search]{width:170px;padding:4px 8px;border:1px solid var(--line);border-radius:6px;background:var(--page);color:var(--ink);font:inherit}
.plot{display:grid;grid-template-columns:max-content minmax(0,1fr) max-content;border-radius:10px;overflow:hidden}
.names,.shares{z-index:1;background:var(--page)}
.scroll{overflow-x:auto;overflow-y:hidden}
.time{position:relative;width:calc(100% * var(--zoom,1));min-width:100%}
.group{position:relative;margin-bottom:6px;padding:7px 0;background:var(--band)}
.names .group{border-radius:8px 0 0 8px;padding-left:14px;padding-right:12px}
.shares .group{border-radius:0 8px 8px 0;padding-left:10px;padding-right:12px}
.row{position:relative;height:26px;margin:2px 0;display:flex;align-items:center;justify-content:space-between;gap:18px;white-space:nowrap}
.row b{font-weight:600}.row span,.shares .row{color:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.row.wait{height:18px}
i{position:absolute;top:0;height:26px;min-width:1px;border-radius:3px;overflow:hidden;container-type:inline-size;color:#fff;font-style:normal;font-weight:600;font-size:11px;line-height:26px;box-shadow:inset -1px 0 var(--band);cursor:pointer}
i s{position:absolute;left:5px;text-decoration:none;white-space:nowrap}
@container (max-width:22px){i s{display:none}}
.wait i{height:3px;border-radius:2px;opacity:.5;box-shadow:none}
i.load{background:var(--focus);top:auto;bottom:0;border-radius:0;box-shadow:none;cursor:default}
.wait i.load{background:var(--soft);opacity:.4}
.axis{position:relative;height:24px;color:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.axis span{position:absolute;transform:translateX(-50%);padding-top:4px}
.axis span:first-child{transform:none}
.axis span.end{transform:translateX(-100%)}
.grid{position:absolute;inset:0 0 24px;pointer-events:none}
.grid u{position:absolute;top:0;bottom:0;width:0;border-left:1px dashed var(--line)}
.dim i[data-j]:not(.on){opacity:.12}
table{margin-top:22px;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:3px 18px 3px 0;text-align:right;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:500}
td:nth-child(2),th:nth-child(2),td:nth-child(3),th:nth-child(3){text-align:left}
tr[data-j]{cursor:pointer}tr.on{background:var(--band)}
em{display:inline-block;width:10px;height:10px;margin-right:8px;border-radius:3px}
.failed,.cancelled{color:#d0453e;font-weight:600}
`;

/** Zoom keeps the middle in place; pointing and typing show one job among all. */
export const HTML_SCRIPT = `
const $=(s)=>document.querySelector(s),all=(s)=>[...document.querySelectorAll(s)];
const scroll=$(".scroll"),zoom=$("#zoom"),find=$("#find");
zoom.oninput=()=>{const at=(scroll.scrollLeft+scroll.clientWidth/2)/scroll.scrollWidth;
scroll.style.setProperty("--zoom",2**zoom.value);$("#times").textContent=(2**zoom.value).toFixed(1)+"×";
scroll.scrollLeft=at*scroll.scrollWidth-scroll.clientWidth/2};
scroll.addEventListener("wheel",(e)=>{if(!e.ctrlKey&&!e.altKey)return;e.preventDefault();zoom.value=+zoom.value-e.deltaY/200;zoom.oninput()},{passive:false});
const show=(wanted)=>{document.body.classList.toggle("dim",wanted!==null);
for(const e of all("[data-j]"))e.classList.toggle("on",wanted!==null&&wanted.has(e.dataset.j))};
find.oninput=()=>{const t=find.value.trim().toLowerCase();if(t==="")return show(null);
show(new Set(JOBS.filter(([n,id])=>String(n)===t||(t.length>2&&id.toLowerCase().includes(t))).map(([n])=>String(n-1))))};
document.addEventListener("click",(e)=>{const hit=e.target.closest("[data-j]");if(!hit)return;
const n=String(+hit.dataset.j+1);find.value=find.value===n?"":n;find.oninput()});
document.addEventListener("keydown",(e)=>{if(e.key==="Escape"){find.value="";find.oninput()}});
`;
