using System.Diagnostics.CodeAnalysis;
using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Clones of the images of snapshots, in engines of their own: they show what was seen when the snapshot was taken.</summary>
internal static class SnapshotClones
{
    /// <summary>Makes the image of a snapshot; about every second one is read from a file.</summary>
    /// <returns>False if the process shares memory, or if there is no memory for the way to the snapshot and back.</returns>
    public static bool TryMakeImage(Snapshot snapshot, [NotNullWhen(true)] out ProcessImage? image)
    {
        image = null;
        try
        {
            image = ProcessImage.Of(snapshot);
            if (image.Pages.Value % 2 != 0) image = ImageFiles.SaveAndOpen(image.Save, ProcessImage.Open);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException and not ObjectDisposedException)
        {
            return false;
        }

        return true;
    }

    /// <summary>Makes an image of a snapshot and a clone of that, and compares it with the earlier picture.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="picture">The picture of the process when the snapshot was taken.</param>
    /// <param name="marks">The marked bytes of the process then; null if it had no shadow.</param>
    /// <param name="failure">How the clone differs; null if it does not.</param>
    /// <returns>False if there is no image.</returns>
    public static bool TryCompare(Snapshot snapshot, SnapshotPicture picture, string? marks, out string? failure)
    {
        failure = null;
        if (!TryMakeImage(snapshot, out ProcessImage? image)) return false;
        using PagingEngine engine = new(new EngineOptions { RamBytes = 2UL << 20, RequestHostHugePages = false });
        GuestFile file = engine.Files.CreateMemoryFile("file", 40 << 12);
        for (uint i = image.Pages.Value % 3; i > 0; i--) engine.CloneProcess(image, _ => file).Dispose();    // then a further clone
        UserProcess clone = engine.CloneProcess(image, _ => file);
        ByteShadow shadow = clone.Memory.OpenByteShadow();
        string? cloned = marks is null ? null : new SnapshotMarks(clone.Memory, shadow).Text;
        shadow.Close();    // every byte can be read
        failure = DifferenceIn(clone, picture);
        if (!string.Equals(cloned, marks, StringComparison.Ordinal)) failure ??= $"the clone has {cloned}, and the process had {marks}";
        if (failure is null && engine.Audit() is { IsClean: false } report) failure = $"the clone's engine: {report}";
        return true;
    }

    private static string? DifferenceIn(UserProcess clone, SnapshotPicture picture)
    {
        byte[] bytes = new byte[VirtualAddress.PageSize], copied = new byte[VirtualAddress.PageSize];
        foreach ((uint page, int expected) in picture.Bytes)
        {
            if (clone.Memory.Mmu.CopyOut(new PageNumber(page).Address, bytes, out MemoryFault fault) != bytes.Length)
            {
                if (fault.Kind is MemoryFaultKind.NotAllowed) continue;    // a page without rights
                return $"page {page:x} of the clone: {fault.Kind}";
            }

            if (SnapshotPicture.HashOf(bytes) != expected) return $"page {page:x} of the clone has other bytes";
            if (!clone.Memory.Mmu.TryWrite(new PageNumber(page).Address + 7, bytes[7] = (byte)~bytes[7])) continue;    // its own copy now
            if (clone.Memory.Mmu.CopyOut(new PageNumber(page).Address, copied, out _) != bytes.Length || !copied.SequenceEqual(bytes))
                return $"page {page:x} of the clone has lost bytes at its first write";
        }

        return null;
    }
}
