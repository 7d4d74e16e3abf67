using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Tour;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.WindowsTour;

/// <summary>A process of Windows on the same machine: the little differences.</summary>
public static class WindowsStory
{
    /// <summary>The story for a catalog.</summary>
    public static StoryEntry Entry { get; } =
        new("windows", "The little differences", StoryCatalog.Files, "Windows' memory calls on the same machine.", Tell);

    /// <summary>The first byte that is the kernel's; Windows: MmSystemRangeStart.</summary>
    private static IReadOnlyList<(string Name, ulong KernelStart)> Splits =>
        [("Linux", (ulong)PageNumber.FirstKernel.Value << 12), ("Windows", 0x8000_0000), ("Windows, /3GB", 0xC000_0000)];

    private static void Tell(Stage stage)
    {
        stage.Swap(1 << 20);
        using WindowsMachine machine = WindowsMachine.Of(stage.Engine);
        using WindowsProcess process = machine.CreateProcess("notepad");
        StoryCamera vads = _ => VadFigure.Draw(process.TakeSnapshot(), RegionsOf(process), process.Name);
        stage.Show(vads, _ => SplitFigure.Draw(Splits), Camera.Counters, Camera.Frames, Camera.Cache);
        Win32Error error = process.Memory.VirtualAlloc(default, 0x20000, AllocationTypes.Reserve, PageProtection.ReadWrite,
            out VirtualAddress at);
        stage.Step("Reserve", $"VirtualAlloc(NULL, 128 KB, MEM_RESERVE, PAGE_READWRITE) → {at.Value:x8}, {error}",
            """
            What an area is to Linux, a VAD is to Windows; it stands in an AVL tree. But where `mmap()` is one step, this is the first
            of two: the addresses are taken, at a multiple of 64 KB, and nothing may be touched yet.

            Windows divides the 4 GB in halves, or with the boot option /3GB as Linux does.
            """);
        stage.Show(vads, Camera.Counters, Camera.Frames, Camera.Cache);

        _ = process.Access.TryWrite(at, 1u, out MemoryException early);
        error = process.Memory.VirtualAlloc(at, 0x4000, AllocationTypes.Commit, PageProtection.ReadWrite, out _);
        stage.Step("Commit", $"write {at.Value:x8} → {early.Code}\nVirtualAlloc({at.Value:x8}, 16 KB, MEM_COMMIT) → {error}",
            $"""
            Now four pages are committed: the system has put aside room for them in RAM or in its page file
            ({machine.Commitment.Committed} of {machine.Commitment.Limit} pages). Linux may promise more than it has; Windows never does.
            """);

        _ = process.Access.TryWrite(at, 1u, out _);
        _ = process.Access.TryRead(at + 0x1000, out uint _, out _);
        stage.Step("Touch", $"write {at.Value:x8}; read {at.Value + 0x1000:x8}",
            $"""
            Work is done at the page fault, as in Linux. A difference: the read has taken a frame as well, of its own and full of zeros.
            The working set, which Linux calls resident, is {process.TakeSnapshot().WorkingSet} pages.
            """);

        _ = process.Memory.VirtualAlloc(at + 0x4000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite | PageProtection.Guard,
            out _);
        stage.Step("A guard page", $"VirtualAlloc({at.Value + 0x4000:x8}, 4 KB, MEM_COMMIT, PAGE_READWRITE|PAGE_GUARD)",
            """
            One more page is committed, directly above the others, and it is on guard: its first access is to be noticed. To Linux
            such a page would be an area of its own, without rights.
            """);

        _ = process.Access.TryWrite(at + 0x4000, 1u, out MemoryException guarded);
        stage.Step("It gives the alarm once", $"write {at.Value + 0x4000:x8} → {guarded.Code}",
            """
            The touch raises an exception, and the page is an ordinary one from now on. This is how stacks grow in Windows: the system moves
            the guard down, and the program goes on. Linux grows a stack by looking at what lies above the fault.
            """);

        using GuestFile file = stage.DiskFile("scene.dat", 4, out _);
        WindowsFile opened = machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        Win32Error made = process.Sections.CreateFileMapping(opened, PageProtection.ReadWrite, SectionFlags.None, 0, null,
            out SectionHandle section);
        Win32Error mapped = process.Sections.MapViewOfFileEx(section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view);
        _ = process.Access.TryWrite(view, 5u, out _);
        stage.Step("A view of a section",
            $"CreateFileMapping(scene.dat) → {made}\nMapViewOfFile(…) → {view.Value:x8}, {mapped}\nwrite {view.Value:x8}",
            """
            A section object stands between the file and the mapping; a view is what a shared mapping is to Linux. Its pages are those
            of the page cache: here both systems use the same one.
            """);

        (long frames, long sum) = CommonLibraries.Count();
        stage.Step("Common libraries", $"{CommonLibraries.ProcessCount} processes, each with kernel32.dll, user32.dll and msvcrt.dll",
            $"""
            Libraries are image sections. On a machine of its own, {CommonLibraries.ProcessCount} processes map three, run through their
            code and write a page of data of each. The working sets show {sum} pages, {sum >> 8} MB. But code is one copy for all: there
            are {frames} frames, {frames / 256.0:0.0} MB: {3 * CommonLibraries.ProcessCount} are the processes' own copies of data, and
            the rest are the libraries' pages, once as the files have them and once as images.
            """);
    }

    private static List<MemoryBasicInformation> RegionsOf(WindowsProcess process)
    {
        List<MemoryBasicInformation> regions = [];
        for (VirtualAddress at = new(0x10000); !at.IsKernel;)
        {
            if (process.Memory.VirtualQuery(at, out MemoryBasicInformation region) != Win32Error.Success || region.Count.IsZero) break;
            if (region.State != MemoryState.Free) regions.Add(region);
            at = (region.Base + region.Count).Address;
        }

        return regions;
    }
}
