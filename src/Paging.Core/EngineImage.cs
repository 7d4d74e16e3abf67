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
/// in each, and a snapshot of the engine to go back to. The pages of the image exist once. A private page is copied at its first write, a
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

    /// <summary>The number of its pages that are not all zeros. Each takes 4096 bytes of the host's memory.</summary>
    public PageCount Pages => Content.PageCount;

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

    /// <summary>Writes the image, for <see cref="Open"/> in any program, on any host.</summary>
    /// <param name="stream">Receives a header, the areas, and the pages as they are.</param>
    /// <remarks>
    /// Replace a file that programs may have open by another one (write beside it, then rename), never in place. Cost: O(areas + pages).
    /// </remarks>
    /// <exception cref="NotSupportedException">A process has bytes that are marked by a <see cref="ByteShadow"/>.</exception>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ImageFile.Write(stream, Content, ProcessCount);
    }

    /// <summary>Opens an image that <see cref="Save"/> has written. Its pages stay in the file until they are read.</summary>
    /// <param name="path">The file, which must stay as it is while the image is in use.</param>
    /// <remarks>
    /// The file is mapped, so all programs of the host that open it share its pages. Cost: O(areas). The header and the areas have
    /// checksums, the pages have none.
    /// </remarks>
    /// <exception cref="InvalidDataException">It is no image of an engine, one of another version, or damaged.</exception>
    /// <exception cref="IOException">The file cannot be read or mapped.</exception>
    public static EngineImage Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(ImageFile.Open(path, isEngine: true));
    }
}
