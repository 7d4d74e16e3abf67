using Paging.Core;
using Paging.Native;

namespace Paging.Cli.Programs;

/// <summary>
/// The bands of a program's address space, from the kernel down to address 0: the segment diagram of "Anatomy of a Program in Memory".
/// </summary>
internal static class LayoutDiagram
{
    private const ulong KernelStart = 0xC000_0000, AddressSpaceEnd = 0x1_0000_0000;

    /// <summary>Returns everything that is mapped, and the gaps between.</summary>
    public static IReadOnlyList<LayoutBand> Of(LoadedProgram loaded)
    {
        List<LayoutBand> bands = [new(BandKind.Kernel, KernelStart, AddressSpaceEnd, "Kernel space", "user code cannot touch it")];
        ulong above = KernelStart;
        foreach (LayoutBand band in Mapped(loaded).OrderByDescending(static band => band.Start).ThenByDescending(static band => band.End))
        {
            if (band.End < above) bands.AddRange(Gaps(loaded, band.End, above));
            bands.Add(band);
            above = band.Start;
        }

        if (above != 0) bands.AddRange(Gaps(loaded, 0, above));
        return bands;
    }

    private static IEnumerable<LayoutBand> Mapped(LoadedProgram loaded)
    {
        bool hasHeap = false;
        foreach (AreaSnapshot area in loaded.Process.Memory.Snapshot())
        {
            LayoutBand band = BandOf(loaded, area);
            hasHeap |= band.Kind == BandKind.Heap;
            ulong endData = loaded.Process.Memory.Program.EndData.Value;
            bool holdsBss = band.Kind == BandKind.Data && band.Start < endData && endData < band.End
                && endData < loaded.Program.ImageEnd.Value;
            yield return holdsBss ? band with { End = endData } : band;
            if (holdsBss) yield return new(BandKind.Bss, endData, band.End, "BSS segment", $"{area.Rights}  zeros, in data's last page");
        }

        ulong heap = loaded.Program.HeapStart.Value;
        if (!hasHeap) yield return new(BandKind.Heap, heap, heap, "Heap", "start_brk = brk; grows up ↑");
    }

    private static LayoutBand BandOf(LoadedProgram loaded, AreaSnapshot area)
    {
        ulong start = (ulong)area.Range.First.Value << 12, end = (ulong)area.Range.End.Value << 12;
        ulong startStack = loaded.Program.StackPointer.Value;
        if (start <= startStack && startStack < end)
            return new(BandKind.Stack, start, end, "Stack", $"{area.Rights}  grows down ↓ to RLIMIT_STACK");
        if (start >= loaded.Program.HeapStart.Value && end <= loaded.Process.Memory.Break.Value)
            return new(BandKind.Heap, start, end, "Heap", $"{area.Rights}  grows up ↑");
        string name = Path.GetFileName(area.Name);
        if (!IsOfImage(loaded, area))
            return new(BandKind.Mapping, start, end, "Memory mapping", $"{area.Rights}  {(name.Length == 0 ? "anonymous" : name)}");
        if (area.Name.Length == 0) return new(BandKind.Bss, start, end, "BSS segment", $"{area.Rights}  zeros, no file");
        if ((area.Protection & MemoryProtection.Write) != 0)
            return new(BandKind.Data, start, end, "Data segment", $"{area.Rights}  {name}");
        string title = (area.Protection & MemoryProtection.Execute) != 0 ? "Text segment" : "Constants";
        return new(BandKind.Text, start, end, title, $"{area.Rights}  {name}");
    }

    /// <summary>A page of the image's own file, or of the anonymous memory right behind it.</summary>
    private static bool IsOfImage(LoadedProgram loaded, AreaSnapshot area)
    {
        if (area.Name.Length != 0) return string.Equals(area.Name, loaded.Path, StringComparison.Ordinal);
        PageNumber page = area.Range.First;
        AreaSnapshot? below = loaded.Process.Memory.Snapshot().LastOrDefault(other => other.Range.End == page);
        return below is not null && string.Equals(below.Name, loaded.Path, StringComparison.Ordinal);
    }

    /// <summary>
    /// Returns a range where nothing is mapped, cut at the border between the room for the stack and the room for mappings.
    /// </summary>
    private static IEnumerable<LayoutBand> Gaps(LoadedProgram loaded, ulong start, ulong end)
    {
        ulong border = loaded.Program.MmapBase.Value;
        if (start < border && border < end && loaded.IsTopDown)
        {
            yield return new(BandKind.Unmapped, border, end, "", "left to the stack, its guard gap and chance");
            end = border;
        }

        yield return new(BandKind.Unmapped, start, end, "", MeaningOf(loaded, start, end));
    }

    private static string MeaningOf(LoadedProgram loaded, ulong start, ulong end)
    {
        if (end == KernelStart) return "random stack offset";
        if (end == loaded.Program.MmapBase.Value && loaded.IsTopDown) return "memory mapping segment, grows down ↓";
        if (end == loaded.Program.HeapStart.Value && start != 0) return "random brk offset";
        return start == loaded.Process.Memory.Break.Value ? "the heap may grow into this" : "";
    }
}
