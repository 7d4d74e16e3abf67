using Paging.Core.Spaces;
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

    /// <summary>Reads the marks of a space whose memory is there.</summary>
    /// <exception cref="InvalidDataException">They do not fit the space.</exception>
    public static ShadowTree Read(ChecksummedReader reader, Space space)
    {
        ShadowTree shadow = new(frozen: null);
        byte[] states = new byte[ShadowPage.ByteLength];
        uint count = reader.ReadWord();
        PageNumber end = default;
        for (uint i = 0; i < count; i++)
        {
            PageNumber page = new(reader.ReadWord());
            ByteState whole = (ByteState)reader.ReadWord();
            bool isSound = page >= end && page < space.Bounds.End && IsInUse(space, page);    // U3
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

            if (!isSound) throw ChecksummedReader.Damaged($"the marks of page {page.Value:x5} do not fit the process");
            end = page + PageCount.One;
        }

        return shadow;
    }

    private static bool IsInUse(Space space, PageNumber page) =>
        space.Foreign is { } foreign ? foreign.IsInUse(page) : space.Areas.Tree.Covering(page).IsSome;
}
