/** Loaded before a program: `import "@troupe/sdk"` then means the SDK of this installation, wherever the program lies. */
import { provideSdk } from "./host/resolve-sdk.ts";

provideSdk();
