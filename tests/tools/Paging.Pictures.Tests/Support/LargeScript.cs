using System.Globalization;
using System.Text;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>A machine of 1 GiB with 60,000 areas, most of it used, and then a store in each step.</summary>
internal static class LargeScript
{
    public const int AreaCount = 60_000, Stores = 200, RamBytes = 1 << 30;

    /// <summary>After so many calls everything is there, and only stores follow.</summary>
    public const int Built = 2 + AreaCount;

    /// <summary>The script, of which nothing has been executed.</summary>
    public static ViewedScript Begin()
    {
        StringBuilder text = new();
        text.Append("process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, "
            + "reserved=0xbfff0000) = 0\n");
        text.Append("mmap(0x20000000, 0x34000000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n");
        text.Append("fill(0x20000000, 0x34000000, 0x03)\n");
        for (int i = 0; i < AreaCount; i++)
            text.Append(CultureInfo.InvariantCulture, $"mmap(0x{AreaAt(i):x}, 0x1000, PROT_READ|PROT_WRITE, ")
                .Append("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n");
        for (int i = 0; i < Stores; i++)
            text.Append(CultureInfo.InvariantCulture, $"store(0x{AreaAt(i * (AreaCount / Stores)):x}, 0x01)\n");
        return new(ScenarioParser.ParseText(text.ToString(), "large.scn"), new() { RamBytes = RamBytes });
    }

    private static uint AreaAt(int index) => 0x6000_0000 + ((uint)index << 13);
}
