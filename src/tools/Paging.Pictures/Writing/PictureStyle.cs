namespace Paging.Pictures.Writing;

/// <summary>The style sheet of all pictures, for light and dark. A colour means the same in each of them.</summary>
/// <remarks><code>
/// blue       anonymous memory: areas (light) and frames (full)        kn   the kernel's
/// green      files: areas (light) and frames of the page cache        tb   page tables
/// purple     swapped out, swap cache                                  ch   changed since the step before
/// light = agreed (an area), full = done (a frame is there)
/// </code>
/// The hues are those of Okabe and Ito ("Color Universal Design"), darkened so that text on them has a contrast of 4.5. Lines of charts,
/// on which no text stands, have theirs as they are; of the eighth, yellow, white paper would show nothing, and it is violet there.
/// </remarks>
public static class PictureStyle
{
    /// <summary>The rules. They use variables, which <see cref="Sheet"/> sets for a picture that stands alone.</summary>
    public static string Rules => """
        .fig{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;display:block;width:100%;height:auto}
        .fig .t{fill:var(--ink);font-size:13px}.fig .b{font-weight:600}.fig .n{fill:var(--soft);font-size:12px}
        .fig .m,.fig .y,.fig .v,.fig .k{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        .fig .m,.fig .y{font-size:12px}.fig .v{font-size:12px;fill:var(--on)}.fig .k{font-size:12px;fill:#fff}
        .fig .paper{fill:var(--paper)}
        .fig .fr{fill:none;stroke:var(--line)}.fig .hollow{fill:var(--paper);stroke:var(--line)}
        .fig .gone{fill:none;stroke:var(--line);stroke-dasharray:3 3}
        .fig .an{fill:var(--an)}.fig .an0{fill:var(--an0)}.fig .fi{fill:var(--fi)}.fig .fi0{fill:var(--fi0)}
        .fig .ean{stroke:var(--an);stroke-width:1}.fig .efi{stroke:var(--fi);stroke-width:1}
        .fig .sw{fill:var(--sw)}.fig .sw0{fill:var(--sw0)}.fig .kn{fill:var(--kn)}.fig .kn0{fill:var(--kn0)}
        .fig .tb{fill:var(--tb)}.fig .tb0{fill:var(--tb0)}.fig .no{fill:var(--no)}
        .fig .ch{fill:var(--ch)}.fig .chr{fill:none;stroke:var(--ch);stroke-width:2}
        .fig .dirty{fill:var(--paper);stroke:var(--ink);stroke-width:.8}
        .fig .ld{fill:none;stroke:var(--soft);stroke-width:.8}.fig .ar{fill:none;stroke:var(--ink);stroke-width:1.2}
        .fig .ro{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-dasharray:4 3}
        .fig .tip{fill:var(--ink)}.fig .tick{stroke:var(--ink);stroke-width:1.2;fill:none}
        .fig .red{fill:var(--red)}.fig .blk{fill:var(--blk);stroke:var(--soft)}.fig .axis{stroke:var(--line);fill:none}
        .fig .s1{stroke:var(--c1)}.fig .s2{stroke:var(--c2)}.fig .s3{stroke:var(--c3)}.fig .s4{stroke:var(--c4)}
        .fig .s5{stroke:var(--c5)}.fig .s6{stroke:var(--c6)}.fig .s7{stroke:var(--c7)}.fig .s8{stroke:var(--c8)}
        .fig .s1,.fig .s2,.fig .s3,.fig .s4,.fig .s5,.fig .s6,.fig .s7,.fig .s8{fill:none;stroke-width:2}
        .fig .whisker{stroke:var(--ink);stroke-width:1.4;fill:none}.fig .halo{stroke:var(--paper);stroke-width:3.6;fill:none}
        .fig .dash{stroke-dasharray:6 3}.fig .dots{stroke-dasharray:1.5 2.5}.fig .longdash{stroke-dasharray:10 3 2 3}
        .fig .way{stroke-width:1;stroke-dasharray:none}.fig .knee{fill:var(--paper);stroke:var(--ink);stroke-width:2}
        .fig .h1{fill:var(--an);opacity:.3}.fig .h2{fill:var(--an);opacity:.5}.fig .h3{fill:var(--an);opacity:.75}.fig .h4{fill:var(--an)}
        .fig .m1{fill:var(--c1)}.fig .m2{fill:var(--c2)}.fig .m3{fill:var(--c3)}.fig .m4{fill:var(--c4)}
        .fig .m5{fill:var(--c5)}.fig .m6{fill:var(--c6)}.fig .m7{fill:var(--c7)}.fig .m8{fill:var(--c8)}
        """;

    /// <summary>The colours on light paper.</summary>
    public static string Light => "--paper:#fff;--ink:#1a2028;--soft:#596270;--line:#c4cad2;--on:#fff;" +
        "--an:#0067a5;--an0:#d5e7f4;--fi:#00785a;--fi0:#d3ece2;--sw:#9a4585;--sw0:#f1dcec;--kn:#5f6672;--kn0:#e4e7eb;" +
        "--tb:#8a6100;--tb0:#fbecc4;--no:#f4f5f7;--ch:#c64a00;--red:#c0392b;--blk:#22262c;" +
        "--c1:#0072b2;--c2:#d55e00;--c3:#009e73;--c4:#cc79a7;--c5:#e69f00;--c6:#56b4e9;--c7:#1a2028;--c8:#8700f0";

    /// <summary>The colours on dark paper.</summary>
    public static string Dark => "--paper:#161b22;--ink:#e8ecf1;--soft:#a3adba;--line:#414b58;--on:#0d1117;" +
        "--an:#62b5ec;--an0:#173a55;--fi:#3fc39b;--fi0:#11412f;--sw:#dd94c9;--sw0:#4a2442;--kn:#9aa4b2;--kn0:#2a313b;" +
        "--tb:#e3b341;--tb0:#453611;--no:#1d242d;--ch:#ff9152;--red:#c0392b;--blk:#000;" +
        "--c1:#0072b2;--c2:#d55e00;--c3:#009e73;--c4:#cc79a7;--c5:#e69f00;--c6:#56b4e9;--c7:#e8ecf1;--c8:#f0e442";

    /// <summary>The sheet of a picture that stands alone.</summary>
    public static string Sheet => $".fig{{{Light}}}@media(prefers-color-scheme:dark){{.fig{{{Dark}}}}}{Rules}";
}
