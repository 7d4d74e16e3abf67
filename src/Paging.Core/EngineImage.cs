using System.Diagnostics;
using Paging.Core.Snapshots;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>
/// All processes of an engine as they were in a snapshot, from which any number of engines make clones that share its pages.
/// </summary>
/// <remarks>
/// For a fuzz target of several processes, such as a server with its clients: one engine for each thread, or one for all, a set of clones
/// in each, and a snapshot of the engine to restore. The pages of the image exist once. A private page is copied at its first write, a
/// page of shared memory at its first touch; the processes of one set see the copy, and no other set does. An image is independent of its
/// engine, and cannot change. The garbage collector frees it after the last engine with a clone. <see cref="PagingEngine.CloneProcesses"/>
/// makes clones. Threading: any thread, at any time.
/// </remarks>
[DebuggerDisplay("image of {ProcessCount} processes, {Pages} pages")]
public sealed class EngineImage
{
    private EngineImage(ImageContent content) => Content = content;

    /// <summary>The saved form and its pages.</summary>
    internal ImageContent Content { get; }

    /// <summary>
    /// The number of its pages that are not all zeros. Each takes 4096 bytes of the host's memory, which deltas share.
    /// </summary>
    public PageCount Pages => Content.PageCount;

    /// <summary>The image that a delta shares pages with; null: it has all its pages itself.</summary>
    public EngineImage? Parent { get; private init; }

    /// <summary>The number of its pages that its ancestors do not have. Each takes 4096 bytes in its file.</summary>
    public PageCount OwnPages => Content.OwnPageCount;

    /// <summary>Its name by content, which a delta's file has of its parent: 128 bits in 32 digits.</summary>
    /// <remarks>Cost: O(own pages) at first, and none if it was opened. An image and its file have the same. It finds
    /// mistakes, and is no signature.</remarks>
    public string Hash => Convert.ToHexStringLower(Content.Hash);

    /// <summary>The number of its processes, including zombies.</summary>
    public int ProcessCount => Content.Shadows.Length;

    /// <summary>Copies the processes of a snapshot of an engine, and the memory that they share.</summary>
    /// <param name="snapshot">The snapshot, which does not change.</param>
    /// <param name="nameOf">As for <see cref="Snapshot.Save"/>: memory with a name is supplied by the caller of each clone.</param>
    /// <remarks>Cost: O(areas + pages), and the way to the snapshot and back; the pages are read twice.</remarks>
    /// <exception cref="NotSupportedException">As <see cref="EngineSnapshot.Save"/>; or it has 2 GiB of pages, or more.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="EngineSnapshot.Save"/>.</exception>
    public static EngineImage Of(EngineSnapshot snapshot, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        using SlowPathHold hold = snapshot.Hold();
        return new(ImageContent.Of((stream, pages) => snapshot.WriteImage(stream, pages, nameOf), snapshot.Shadows));
    }

    /// <summary>Copies what differs from another image: pages with other bytes than the parent's page at the same place.</summary>
    /// <param name="snapshot">The snapshot, of any engine; usually one with the clones of the parent.</param>
    /// <param name="parent">The other image, which can be a delta itself, or come from a file.</param>
    /// <param name="nameOf">As for <see cref="Of"/>.</param>
    /// <remarks>
    /// The result is a whole image that shares the parent's pages: it is cloned and saved like any other, and its file has only its own
    /// pages (<see cref="Save"/>). Processes and shared memory are compared with those of the same number in the order of the image.
    /// A page that a clone still has from the parent, or from an ancestor of it, is not read; the others are compared. Cost: of clones
    /// O(areas + page tables + pages that they have written), otherwise O(areas + pages).
    /// </remarks>
    /// <exception cref="NotSupportedException">As <see cref="Of"/>; or the parent is the last of 64 deltas.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="Of"/>.</exception>
    public static EngineImage DeltaOf(EngineSnapshot snapshot, EngineImage parent, Func<int, string?>? nameOf = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(parent);
        using SlowPathHold hold = snapshot.Hold();
        ImageContent content = ImageContent.DeltaOf(
            parent.Content, (stream, delta) => snapshot.WriteDelta(stream, delta, nameOf), snapshot.Shadows);
        return new(content) { Parent = parent };
    }

    /// <summary>Writes the image, for <see cref="Open(string)"/> in any program, on any host; of a delta what differs.</summary>
    /// <param name="stream">Receives a header, the areas, and the pages as they are; of a delta its own ones.</param>
    /// <remarks>
    /// Replace a file that programs may have open by another one (write beside it, then rename), never in place.
    /// Cost: O(areas + own pages), and the hash of them (<see cref="Hash"/>).
    /// </remarks>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImageFile.Write(stream, Content, isWhole: false);
    }

    /// <summary>Writes a delta with all its pages, as an image without a parent; one without a parent as <see cref="Save"/>.</summary>
    /// <param name="stream">As for <see cref="Save"/>.</param>
    /// <exception cref="NotSupportedException">It has 2 GiB of pages, or more.</exception>
    public void SaveWhole(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImageFile.Write(stream, Content, isWhole: true);
    }

    /// <summary>Opens an image that <see cref="Save"/> has written. Its pages stay in the file until they are read.</summary>
    /// <param name="path">The file, which must stay as it is while the image is in use.</param>
    /// <remarks>
    /// The file is mapped, so all programs of the host that open it share its pages. Cost: O(areas + marked pages). The header and the
    /// areas have checksums, the pages have none.
    /// </remarks>
    /// <exception cref="InvalidDataException">It is no image of an engine, one of another version, or damaged.</exception>
    /// <exception cref="IOException">The file cannot be read or mapped.</exception>
    public static EngineImage Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(ImageFile.Open(path, isEngine: true, parent: null));
    }

    /// <summary>Opens a delta that <see cref="Save"/> has written.</summary>
    /// <param name="path">As for <see cref="Open(string)"/>.</param>
    /// <param name="parent">The image that it is a delta against: opened, or made again.</param>
    /// <remarks>
    /// A chain is opened from its start. Cost: O(areas + runs of pages), and for a parent that has no hash yet that of
    /// <see cref="Hash"/>.
    /// </remarks>
    /// <exception cref="InvalidDataException">
    /// As <see cref="Open(string)"/>; or it is no delta, or one against another image: the message has both hashes.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read or mapped.</exception>
    public static EngineImage Open(string path, EngineImage parent)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(parent);
        return new(ImageFile.Open(path, isEngine: true, parent.Content)) { Parent = parent };
    }
}
