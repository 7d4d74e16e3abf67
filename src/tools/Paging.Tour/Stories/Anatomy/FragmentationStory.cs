using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Writing;
using Paging.Programs.Heap;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>malloc: a heap of chunks, holes in it, and large blocks that never enter it.</summary>
internal static class FragmentationStory
{
    private const uint Wanted = 4000;

    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Process("painter");
        if (!GuestHeap.TryCreate(process, out GuestHeap heap)) throw new InvalidOperationException("The heap of the story cannot begin.");
        uint[] sizes = [700, 300, 1500, 200, 900, 400, 1200, 250];
        List<VirtualAddress> blocks = [];
        for (int i = 0; i < 32; i++) blocks.Add(heap.Allocate(sizes[i % sizes.Length]));
        Show(stage, process, heap);
        stage.Step("Thirty-two allocations", "malloc(700), malloc(300), malloc(1500), …",
            $"""
            The runtime has asked the kernel once, with `brk()`, and cuts the heap into chunks by itself.
            {SvgText.Count(heap.Statistics.InUseBytes)} bytes are in use, one after the other; none of these calls has needed the kernel.
            """);

        for (int i = 0; i < blocks.Count; i += 2) _ = heap.Free(blocks[i]);
        HeapStatistics holes = heap.Statistics;
        stage.Step("Every other one is freed", "free(…)   (16 times)",
            $"""
            {SvgText.Count(holes.FreeBytes)} bytes are free again, in {holes.FreeCount} chunks. No two of them are neighbours, so none can
            be joined, and the largest has {SvgText.Count(holes.LargestFreeBytes)} bytes.
            """);

        VirtualAddress before = heap.SnapshotChunks()[^1].Start;
        VirtualAddress large = heap.Allocate(Wanted);
        string where = large.Value >= before.Value ? "after everything else" : "in a hole";
        Show(stage, process, heap, Wanted);
        stage.Step("A request that fits nowhere", $"malloc({Wanted}) → {large.Value:x8}",
            $"""
            {SvgText.Count(holes.FreeBytes)} bytes are free, but not in one piece. The block is taken {where}, at {large.Value:x8}, and the
            used part of the heap grows although much of it is empty. {heap.Statistics.Fragmentation:P0} of the free bytes lie outside the
            largest free chunk: that is fragmentation.
            """);

        VirtualAddress mapped = heap.Allocate(200 << 10);
        Show(stage, process, heap, 0, new AddressMark(mapped, "the large block"));
        stage.Step("A large block goes elsewhere", $"malloc({200 << 10}) → {mapped.Value:x8}",
            $"""
            More than {heap.GetOption(HeapOption.MmapThreshold) >> 10} KB at once do not come from the heap: the runtime asks `mmap()` for
            an area of its own ({SvgText.Count(heap.Statistics.MappedBytes)} bytes in {heap.Statistics.MappedCount} mapping). It lies in the
            memory mapping segment, far above the heap.
            """);

        _ = heap.Free(mapped);
        Show(stage, process, heap);
        stage.Step("And goes back at once", $"free({mapped.Value:x8})",
            """
            A mapping of its own can be unmapped as soon as it is freed. The holes in the heap stay: a heap gives back only its end.
            """);
    }

    private static void Show(Stage stage, UserProcess process, GuestHeap heap, uint wanted = 0, params AddressMark[] marks) =>
        stage.Show(Camera.Heap(heap, wanted), Camera.Space(process, marks), Camera.Counters,
            Camera.Mapping(process, process.Memory.StartBreak, 12, "heap"));
}
