using Paging.Native;
using Paging.Reports;

namespace Paging.Core.Tests;

/// <summary>
/// The ten lines of the README, compiled and run. README.md holds the text between the marks, byte for byte but for the indentation.
/// </summary>
internal static class EmbeddingSample
{
    public static void Run()
    {
        // <README>
        using PagingEngine engine = new(new EngineOptions { RamBytes = 64 << 20, Seed = 1 });
        UserProcess parent = engine.CreateProcess("demo");
        VirtualAddress at = parent.Memory.MapAnonymous(64 * 1024);
        parent.Memory.Mmu.Write(at, 42u);                      // a page fault, a zeroed frame, a PTE
        UserProcess child = parent.Fork();                     // nothing copied yet
        child.Memory.Mmu.Write(at, 7u);                        // copy-on-write
        Console.WriteLine(parent.Memory.Mmu.Read<uint>(at));   // 42
        Console.Write(parent.Memory.FormatMaps());             // as /proc/PID/maps prints it
        // </README>
    }
}
