using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;

namespace Paging.Remote;

/// <summary>A snapshot in a store that was opened, and can be resumed once.</summary>
/// <remarks>
/// What was saved in another form than a process of the engine has its own way back: <see cref="Manifest"/> and <see cref="Pages"/>.
/// </remarks>
/// <param name="manifest">Everything but the pages.</param>
/// <param name="pages">The pages.</param>
public sealed class SavedSnapshot(ReadOnlyMemory<byte> manifest, SnapshotPages pages)
{
    private readonly SnapshotPages _pages = pages ?? throw new ArgumentNullException(nameof(pages));

    /// <summary>Everything but the pages, as it was written.</summary>
    public ReadOnlyMemory<byte> Manifest => manifest;

    /// <summary>The pages. Nothing is fetched in the background before <see cref="SnapshotPages.BeginFetching"/>.</summary>
    public SnapshotPages Pages => _pages;

    /// <summary>The number of its pages.</summary>
    public int PageCount => (int)_pages.SlotCount;

    /// <summary>The fetching of pages in the background, once it was resumed: ended when all are here, or the server has failed.</summary>
    public Task Fetching => _pages.Fetching;

    /// <summary>
    /// Makes a process that can continue at once: pages are fetched when they are touched, and the rest in the background.
    /// </summary>
    /// <param name="engine">The engine. It must not outlive the server's connection while pages are missing.</param>
    /// <param name="device">
    /// The pages as a swap device; <see cref="EngineSwap.SwitchOff"/> ends the need for the store. Null without pages.
    /// </param>
    /// <param name="openFile">Finds the files that the process maps.</param>
    /// <param name="options">The group to join.</param>
    /// <exception cref="InvalidDataException">The manifest is damaged, or of another version.</exception>
    public UserProcess Resume(
        PagingEngine engine, out SwapDevice? device, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using MemoryStream stream = new(manifest.ToArray(), writable: false);
        UserProcess process = engine.SavedProcesses.Resume(stream, _pages, out device, openFile, options);
        _pages.BeginFetching();
        return process;
    }

    /// <summary>As <see cref="Resume"/>, for what was saved of an <see cref="EngineSnapshot"/>.</summary>
    /// <param name="engine">As for <see cref="Resume"/>.</param>
    /// <param name="device">As for <see cref="Resume"/>.</param>
    /// <param name="openFile">As for <see cref="SavedProcesses.LoadAll"/>.</param>
    /// <param name="groupOf">As for <see cref="SavedProcesses.LoadAll"/>.</param>
    /// <returns>The processes, in the order of their saved numbers.</returns>
    /// <exception cref="InvalidDataException">The manifest is damaged, of another version, or that of one process.</exception>
    public IReadOnlyList<UserProcess> ResumeAll(PagingEngine engine, out SwapDevice? device,
        Func<string, GuestFile?>? openFile = null, Func<string, MemoryGroup?>? groupOf = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using MemoryStream stream = new(manifest.ToArray(), writable: false);
        IReadOnlyList<UserProcess> processes = engine.SavedProcesses.ResumeAll(stream, _pages, out device, openFile, groupOf);
        _pages.BeginFetching();
        return processes;
    }
}
