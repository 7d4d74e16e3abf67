using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>The image from which a process was cloned. The clone's writes and marks must not reach it.</summary>
internal sealed class SnapshotOrigin
{
    private const uint MarkedOffset = 0x5F80, MarkedByteLength = 300;

    private readonly ProcessImage _image;
    private readonly VirtualAddress _start;
    private readonly uint _pages;
    private readonly string _marks;

    private SnapshotOrigin(ProcessImage image, VirtualAddress start, uint pages, string marks) =>
        (_image, _start, _pages, _marks) = (image, start, pages, marks);

    /// <summary>Replaces a process by a clone of itself; marked bytes come with the image.</summary>
    /// <param name="engine">Its engine, and the clone's.</param>
    /// <param name="process">The process; the clone afterwards.</param>
    /// <param name="start">Pages from here on hold their numbers, counted from 1, the i-th in its i-th word.</param>
    /// <param name="pages">How many.</param>
    /// <param name="hasMarks">Marks some bytes first.</param>
    public static SnapshotOrigin Replace(PagingEngine engine, ref UserProcess process, VirtualAddress start, uint pages, bool hasMarks)
    {
        VirtualAddress marked = start + MarkedOffset;
        if (hasMarks) _ = process.Memory.OpenByteShadow().Mark(marked, MarkedByteLength, ByteState.Unaddressable);
        ProcessImage image;
        using (Snapshot snapshot = process.TakeSnapshot()) image = ProcessImage.Of(snapshot);
        process.Dispose();
        process = engine.CloneProcess(image);
        string marks = hasMarks ? $"marks {marked.Value:x}-{marked.Value + MarkedByteLength:x}:{ByteState.Unaddressable} " : "marks ";
        return new(image, start, pages, marks);
    }

    /// <summary>Checks that another clone has none of the later writes. Returns the first one that it has; null: none.</summary>
    public string? Verify()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1UL << 20, RequestHostHugePages = false });
        AddressSpace clone = engine.CloneProcess(_image).Memory;
        ByteShadow shadow = clone.OpenByteShadow();
        string marks = new SnapshotMarks(clone, shadow).Text;
        if (!string.Equals(marks, _marks, StringComparison.Ordinal)) return $"the image has got other {marks}";
        shadow.Close();
        for (uint i = 0; i < _pages; i++)
            if (clone.Mmu.Read<uint>(_start + (i << 12) + (i * 4)) != i + 1) return $"page {i} of the image was written";
        return null;
    }
}
