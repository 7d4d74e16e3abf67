using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>Checks H1–H5: recounts a heap from the words in its program's memory.</summary>
/// <remarks><code>
///   H1  chunks follow one another without gaps from the first one to the top, which ends at the break that the heap set
///   H2  a free chunk stores its size at both ends, and its neighbours are in use: all chunks that can be joined have been joined
///   H3  each free chunk is in the bin of its size, in order of size and address; bins hold nothing else
///   H4  the counters of chunks in use equal a recount
///   H5  each mapped chunk is linked both ways, page-aligned, and in writable private memory; their count and bytes are right
/// </code></remarks>
internal static class HeapAudit
{
    public static void Run(GuestHeap heap, HeapGrowth growth, AuditReport report)
    {
        HeapArena arena = heap.Arena;
        if (!arena.IsThere)
        {
            report.Add("H1", $"heap at {arena.Start}: its first word is not a heap's");
            return;
        }

        uint free = WalkChunks(arena, report);
        WalkBins(arena, free, report);
        WalkMapped(heap, growth, report);
    }

    private static uint WalkChunks(HeapArena arena, AuditReport report)
    {
        uint free = 0, inUse = 0, inUseBytes = 0;
        bool isBelowInUse = true;
        uint bytesBelow = 0;
        VirtualAddress chunk = arena.FirstChunk, top = arena.Top;
        while (chunk < top)
        {
            HeapChunk head = arena.Head(chunk);
            if (head.ByteLength < HeapChunk.ByteLengthMin || head.ByteLength > top.Value - chunk.Value || head.IsMapped)
            {
                report.Add("H1", $"chunk {chunk}: its size word is {head.Word:x8}");
                return free;
            }

            CheckBelow(arena, chunk, head, isBelowInUse, bytesBelow, report);
            bool isInUse = arena.IsInUse(chunk);
            if (!isInUse && !isBelowInUse) report.Add("H2", $"chunk {chunk}: free, and so is the one below");
            if (isInUse) (inUse, inUseBytes) = (inUse + 1, inUseBytes + head.ByteLength);
            else free++;
            (isBelowInUse, bytesBelow) = (isInUse, head.ByteLength);
            chunk += head.ByteLength;
        }

        if (chunk != top) report.Add("H1", $"the chunks end at {chunk}, not at the top, {top}");
        if (!isBelowInUse) report.Add("H2", $"the top {top} and the chunk below it are both free");
        report.AddIfDifferent("H1", "the top's end", arena.End.Value, top.Value + arena.Head(top).ByteLength);
        report.AddIfDifferent("H4", "chunks in use", inUse, arena.InUseCount);
        report.AddIfDifferent("H4", "bytes in use", inUseBytes, arena.InUseBytes);
        return free;
    }

    private static void CheckBelow(
        HeapArena arena, VirtualAddress chunk, HeapChunk head, bool isBelowInUse, uint bytesBelow, AuditReport report)
    {
        if (head.IsBelowInUse != isBelowInUse)
            report.Add("H2", $"chunk {chunk}: marks the one below as {(head.IsBelowInUse ? "in use" : "free")}");
        if (!isBelowInUse) report.AddIfDifferent("H2", $"chunk {chunk}: bytes of the free one below", bytesBelow, arena.BytesBelow(chunk));
    }

    private static void WalkBins(HeapArena arena, uint free, AuditReport report)
    {
        uint listed = 0;
        for (int bin = 0; bin < HeapArena.BinCount; bin++)
        {
            VirtualAddress previous = VirtualAddress.Zero;
            uint bytesBefore = 0;
            for (VirtualAddress chunk = arena.Bin(bin); chunk != VirtualAddress.Zero; chunk = arena.Next(chunk))
            {
                if (chunk < arena.FirstChunk || chunk >= arena.Top || ++listed > free)
                {
                    report.Add("H3", $"bin {bin}: {chunk} is no free chunk, or listed twice");
                    return;
                }

                uint byteLength = arena.Head(chunk).ByteLength;
                if (HeapBins.IndexOf(byteLength) != bin || arena.IsInUse(chunk))
                    report.Add("H3", $"bin {bin}: {chunk} of {byteLength} bytes does not belong there");
                if (arena.Previous(chunk) != previous) report.Add("H3", $"bin {bin}: {chunk} is not linked back to {previous}");
                bool isInOrder = byteLength > bytesBefore || (byteLength == bytesBefore && chunk >= previous);
                if (!isInOrder) report.Add("H3", $"bin {bin}: {chunk} is out of order");
                (previous, bytesBefore) = (chunk, byteLength);
            }
        }

        report.AddIfDifferent("H3", "free chunks in bins", free, listed);
    }

    private static void WalkMapped(GuestHeap heap, HeapGrowth growth, AuditReport report)
    {
        HeapArena arena = heap.Arena;
        IReadOnlyList<AreaSnapshot> areas = heap.Space.Areas.Snapshot();
        uint count = 0, bytes = 0;
        VirtualAddress previous = VirtualAddress.Zero;
        for (VirtualAddress mapping = arena.FirstMapped; mapping != VirtualAddress.Zero; mapping = growth.NextMapped(mapping))
        {
            HeapChunk head = arena.Head(HeapGrowth.ChunkAt(mapping));
            bool isMapped = areas.Any(
                area => area.Range.Contains(mapping.Page) && area.ObjectId == 0 && (area.Flags & AreaFlags.Write) != 0);
            if (!mapping.IsPageAligned || !head.IsMapped || !isMapped || ++count > arena.MappedCount)
            {
                report.Add("H5", $"mapped chunk {mapping}: size word {head.Word:x8}, or nothing is mapped there, or it is listed twice");
                return;
            }

            report.AddIfDifferent("H5", $"mapped chunk {mapping}: linked back to", previous.Value, arena.Mmu.Read<uint>(mapping + 4));
            bytes += head.ByteLength;
            previous = mapping;
        }

        report.AddIfDifferent("H5", "mapped chunks", count, arena.MappedCount);
        report.AddIfDifferent("H5", "mapped bytes", bytes, arena.MappedBytes);
    }
}
