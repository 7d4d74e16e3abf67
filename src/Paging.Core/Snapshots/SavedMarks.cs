using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The marked bytes of a shadow in the saved form: a number of pages, and for each its state or those of its bytes.</summary>
internal static class SavedMarks
{
    /// <summary>Writes the marks.</summary>
    public static void Write(ChecksummedWriter writer, ShadowTree shadow)
    {
        uint count = 0;
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page); from = page + PageCount.One) count++;
        writer.Write(count);
        Span<byte> states = stackalloc byte[ShadowPage.ByteLength];
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page); from = page + PageCount.One)
        {
            ShadowPage marks = shadow.Find(page)!;
            ByteState? whole = marks.Whole;
            writer.Write(page.Value);
            writer.Write((uint)(whole ?? ByteState.Good));    // Good: the states differ, and follow. A marked page has no good state.
            if (whole is not null) continue;
            marks.Save(states);
            writer.Write(states);
        }
    }

    /// <summary>The marks of the processes of an image, one after the other; empty: no process has any.</summary>
    public static byte[] ToBytes(ReadOnlySpan<ShadowNode?> shadows)
    {
        if (!shadows.ContainsAnyExcept((ShadowNode?)null)) return [];
        using MemoryStream bytes = new();
        ChecksummedWriter writer = new(bytes, new CallerCheck());    // no engine has to be kept from being called
        foreach (ShadowNode? shadow in shadows) Write(writer, new ShadowTree(shadow));
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads the output of <see cref="ToBytes"/>.</summary>
    /// <param name="bytes">The output.</param>
    /// <param name="shadows">Receives the marks of each process.</param>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static void FromBytes(byte[] bytes, Span<ShadowNode?> shadows)
    {
        if (bytes.Length == 0) return;
        using MemoryStream stream = new(bytes);
        ChecksummedReader reader = new(stream, new CallerCheck());
        foreach (ref ShadowNode? shadow in shadows) shadow = Read(reader).Freeze();
        if (stream.Position != bytes.Length) throw ChecksummedReader.Damaged("marked bytes follow those of the last process");
    }

    /// <summary>Reads the marks of one space. <see cref="CheckFit"/> compares them with it.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static ShadowTree Read(ChecksummedReader reader)
    {
        ShadowTree shadow = new(frozen: null);
        byte[] states = new byte[ShadowPage.ByteLength];
        uint count = reader.ReadWord();
        PageNumber end = default;
        for (uint i = 0; i < count; i++)
        {
            PageNumber page = new(reader.ReadWord());
            ByteState whole = (ByteState)reader.ReadWord();
            bool isSound = page >= end && page.Value < PageCount.AddressSpace.Value;
            if (whole == ByteState.Good)
            {
                reader.Read(states);
                isSound = isSound && shadow.TryLoad(page, states);
            }
            else if (whole is ByteState.Uninitialized or ByteState.Unaddressable)
            {
                shadow.Set(page, 0, (int)VirtualAddress.PageSize, whole);
            }
            else
            {
                isSound = false;
            }

            if (!isSound) throw ChecksummedReader.Damaged($"page {page.Value:x5} has unknown marks, or is out of order");
            end = page + PageCount.One;
        }

        return shadow;
    }

    /// <summary>Checks that each marked page is mapped. Cost: O(areas with marks).</summary>
    /// <exception cref="InvalidDataException">One is not.</exception>
    public static void CheckFit(ShadowTree shadow, Space space)
    {
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page);)
            if (!space.TryFindMappedEnd(page, out from))    // U3
                throw ChecksummedReader.Damaged($"page {page.Value:x5} has marks and is not mapped");
    }
}
