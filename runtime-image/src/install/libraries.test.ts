import test from "ava";
import { librariesOf, sonameOf } from "./libraries.ts";

test("libraries are told from the program, its loader and its memory", (t) => {
  const maps = `00400000-00d0f000 r--p 00000000 fe:00 1 /nodejs/bin/node
7f1 r-xp 0 fe:00 2                              /usr/lib/x86_64-linux-gnu/libc.so.6
7f2 r--p 0 fe:00 2                              /usr/lib/x86_64-linux-gnu/libc.so.6
7f3 r-xp 0 fe:00 3                              /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30
7f4 r-xp 0 fe:00 4                              /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
7f5 rw-p 0 00:00 0                              [heap]
7f6 rw-p 0 00:00 0 
`;
  t.deepEqual(librariesOf(maps), {
    loader: "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    libraries: ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30"],
  });
});

test("a program that is linked statically has none", (t) => {
  t.deepEqual(librariesOf("00400000-00d0f000 r--p 0 fe:00 1 /nodejs/bin/node\n"), { loader: null, libraries: [] });
});

test("a library is installed under the name that programs ask for", (t) => {
  t.is(sonameOf("/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30"), "libstdc++.so.6");
  t.is(sonameOf("/usr/lib/libc.so.6"), "libc.so.6");
  t.is(sonameOf("/usr/lib/libz.so"), "libz.so");
});
