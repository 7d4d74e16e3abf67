using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>A copy of the shared memory and memory files at a snapshot of the engine, to compare the restored state with.</summary>
/// <remarks>
/// Cost: a copy of each page that is not all zeros. Pages in the image of a clone, and pages that cannot be read, are not compared.
/// </remarks>
internal sealed class ContentCopy
{
    private readonly ObjectCopy[] _objects;

    private ContentCopy(ReadOnlySpan<HeldObject> objects, RestoreChecks checks)
    {
        _objects = new ObjectCopy[objects.Length];
        for (int i = 0; i < objects.Length; i++) _objects[i] = Copy(objects[i], checks);
    }

    /// <summary>Copies the objects of a snapshot that is being taken.</summary>
    public static ContentCopy Of(ReadOnlySpan<HeldObject> objects, RestoreChecks checks) => new(objects, checks);

    /// <summary>Compares the copy with the objects after a restore. Returns the first difference in words; null: there is none.</summary>
    public string? DifferenceFrom(ReadOnlySpan<HeldObject> objects, RestoreChecks checks)
    {
        for (int i = 0; i < objects.Length; i++)
        {
            HeldObject then = objects[i];
            FileObject file = then.File;
            if (file.ByteLength != then.ByteLength || file.Seals != then.Seals)
                return $"'{file.Name}' has {file.ByteLength} bytes and seals {file.Seals}, and had {then.ByteLength} and {then.Seals}";
            if (_objects[i].DifferenceFrom(Copy(then, checks)) is not { } difference) continue;
            return $"of '{file.Name}' {difference}. It was written through memory of the host's, or without a note in the journal";
        }

        return null;
    }

    private static ObjectCopy Copy(HeldObject held, RestoreChecks checks)
    {
        SortedDictionary<uint, byte[]> pages = [];
        HashSet<uint> unknown = [];
        FilePage from = FilePage.First;
        while (checks.TryNext(held.File, from, out FilePage page, out FrameNumber frame, out SwapEntry slot))
        {
            byte[]? bytes = null;
            if (slot.IsNone) bytes = checks.Copy(frame);
            else if (!checks.TryCopy(slot, out bytes)) unknown.Add(page.Value);
            if (bytes is not null) pages.Add(page.Value, bytes);
            if (page == FilePage.Last) break;
            from = page.Next;
        }

        return new(pages, unknown, held.File.Supplied is not null);
    }

    private sealed record ObjectCopy(SortedDictionary<uint, byte[]> Pages, HashSet<uint> Unknown, bool IsSupplied)
    {
        public string? DifferenceFrom(ObjectCopy now)
        {
            if (IsSupplied || now.IsSupplied) return null;    // a page of an image is cached when it is touched
            foreach (uint page in Pages.Keys.Union(now.Pages.Keys).Order())
            {
                if (Unknown.Contains(page) || now.Unknown.Contains(page)) continue;
                if (ByteCopy.FindDifference(Pages.GetValueOrDefault(page), now.Pages.GetValueOrDefault(page)) is { } difference)
                    return $"page {page} has {difference}";
            }

            return null;
        }
    }
}
