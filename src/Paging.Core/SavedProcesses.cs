using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Creates processes from saved snapshots, and the shared memory that was saved beside them.</summary>
public sealed class SavedProcesses
{
    private readonly PagingEngine _engine;
    private readonly MachineLoader _loader;

    internal SavedProcesses(PagingEngine engine) => (_engine, _loader) = (engine, new(engine.Parts, engine.ProcessTable));

    /// <summary>Creates a process from the output of <see cref="Snapshot.Save"/>, in this engine or another one.</summary>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">
    /// Finds a file, a directory or a device by its saved name: called once for each name, for what areas map and descriptors have open. It
    /// is not called for memory that the stream holds, which the process gets for itself. The process holds what it maps, so the caller may
    /// dispose the result after this call, and disposes a device's own resources when the process has ended. Null, or a result of null:
    /// there is none.
    /// </param>
    /// <param name="options">The group to join. Saved values override the rest.</param>
    /// <remarks>
    /// The process has a new number and no snapshots. Each of its areas gets an anonymous root of its own. Its descriptors have the
    /// numbers, rights, flags and positions that they had. Shared memory
    /// that the stream holds is a copy: <see cref="EngineFiles.Find"/> opens it by the <see cref="AreaSnapshot.ObjectId"/> of its areas.
    /// Streams of older versions are read, too.
    /// </remarks>
    /// <exception cref="InvalidDataException">The stream holds no saved snapshot, one of a newer version, or a damaged one.</exception>
    /// <exception cref="FileNotFoundException">The process maps a file, or has one open, that the caller does not find.</exception>
    /// <exception cref="ArgumentException">
    /// The caller gives a file of another kind, or one that cannot be written for a descriptor that can write.
    /// </exception>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public UserProcess Load(
        Stream stream, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        using SlowPathHold hold = _engine.Hold();
        uint slot = 0;
        return _loader.Load(stream, isEngine: false, farPages: null, ref slot, new(openFile, Options: options))[0];
    }

    /// <summary>Creates the processes of the output of <see cref="EngineSnapshot.Save"/>, with all that they share.</summary>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">As for <see cref="Load"/>; called once for each name that the processes use.</param>
    /// <param name="groupOf">
    /// Finds the memory group for a saved one, by its name. Null, or a result of null: a new group with the saved settings. Processes of
    /// the group without a limit join that of this engine.
    /// </param>
    /// <returns>The processes, in the order of their saved numbers. All of them are made, or none.</returns>
    /// <remarks>
    /// They have new numbers; parents are among them, or 0. Memory that they shared is shared among them alone, and private pages
    /// that forks had not copied yet are in RAM once. Zombies are zombies again. The host's states are there for each (<see
    /// cref="UserProcess.HostState"/>).
    /// </remarks>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>; or the stream holds a saved process.</exception>
    /// <exception cref="FileNotFoundException">A process uses a file that the caller does not find.</exception>
    /// <exception cref="ArgumentException">As <see cref="Load"/>; or the caller gives a group of another engine.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is no room for a group, or one had a policy of the host's and is not given; or the engine has too little memory.
    /// </exception>
    public IReadOnlyList<UserProcess> LoadAll(
        Stream stream, Func<string, GuestFile?>? openFile = null, Func<string, MemoryGroup?>? groupOf = null)
    {
        using SlowPathHold hold = _engine.Hold();
        uint slot = 0;
        return _loader.Load(stream, isEngine: true, farPages: null, ref slot, new(openFile, groupOf));
    }

    /// <summary>Same as <see cref="LoadAll"/>, but each page is read when it is touched, as by <see cref="Resume"/>.</summary>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="pages">As for <see cref="Resume"/>.</param>
    /// <param name="device">As for <see cref="Resume"/>.</param>
    /// <param name="openFile">As for <see cref="LoadAll"/>.</param>
    /// <param name="groupOf">As for <see cref="LoadAll"/>.</param>
    /// <exception cref="InvalidDataException">As <see cref="LoadAll"/>; or the store has fewer pages than the stream names.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="LoadAll"/>; or there are 16 swap devices.</exception>
    public IReadOnlyList<UserProcess> ResumeAll(Stream stream, ISwapStore pages, out SwapDevice? device,
        Func<string, GuestFile?>? openFile = null, Func<string, MemoryGroup?>? groupOf = null) =>
        ReadLazily(stream, isEngine: true, pages, out device, new(openFile, groupOf));

    /// <summary>
    /// Creates a process from the output of <see cref="Snapshot.Save"/>. Each page is read
    /// when it is touched.
    /// </summary>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="pages">Holds the pages as slots, in the order in which they were saved. The engine disposes it.</param>
    /// <param name="device">
    /// The store as a swap device. A touched page leaves it for good, and no page is written to it.
    /// <see cref="EngineSwap.SwitchOff"/> brings in all that is left. Null if there are no pages.
    /// </param>
    /// <param name="openFile">As for <see cref="Load"/>.</param>
    /// <param name="options">As for <see cref="Load"/>.</param>
    /// <remarks>Cost: O(areas and pages), and no page is read. Touching a page that cannot be read is a bus error.</remarks>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>; or the store has fewer pages than the stream names.</exception>
    /// <exception cref="InvalidOperationException">There are 16 swap devices, or the engine has too little memory.</exception>
    public UserProcess Resume(
        Stream stream, ISwapStore pages, out SwapDevice? device, Func<string, GuestFile?>? openFile = null,
        ProcessOptions? options = null) =>
        ReadLazily(stream, isEngine: false, pages, out device, new(openFile, Options: options))[0];

    private UserProcess[] ReadLazily(Stream stream, bool isEngine, ISwapStore pages, out SwapDevice? device, in LoadedFrom host)
    {
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathHold hold = _engine.Hold();
        device = null;
        uint slot = 0;
        if (pages.SlotCount == 0)    // swapon refuses a device without slots
        {
            pages.Dispose();
            return _loader.Load(stream, isEngine, farPages: null, ref slot, host);
        }

        device = OpenPages(pages);
        try
        {
            return _loader.Load(stream, isEngine, device, ref slot, host);
        }
        catch
        {
            _engine.Swap.SwitchOff(device);    // the failed processes have given back their slots
            throw;
        }
    }

    /// <summary>Switches on the pages of several processes that were saved apart from them, one after the other.</summary>
    /// <param name="pages">Holds the pages of all of them as slots, in the order in which they were saved. The engine disposes it.</param>
    /// <returns>The device, as for <see cref="Resume"/>.</returns>
    /// <exception cref="InvalidOperationException">There are 16 swap devices, or the store has no slot.</exception>
    public SwapDevice OpenPages(ISwapStore pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathHold hold = _engine.Hold();
        if (_engine.Swap.SwitchOn(pages, out SwapDevice? device) is not Errno.None and var error)
            throw new InvalidOperationException($"The store of the saved pages cannot be switched on: {error}.");
        device!.IsClosing = true;    // nothing is swapped out there
        return device;
    }

    /// <summary>Creates one of several processes whose pages are on one device. Each page is read when it is touched.</summary>
    /// <param name="stream">The output of <see cref="Snapshot.Save"/> for the process.</param>
    /// <param name="device">The result of <see cref="OpenPages"/>; null if there are no pages at all.</param>
    /// <param name="slot">The slot of the process's first page; afterwards that of the next process's.</param>
    /// <param name="openFile">As for <see cref="Load"/>.</param>
    /// <param name="options">As for <see cref="Load"/>.</param>
    /// <exception cref="ArgumentException">As <see cref="Load"/>; or the device is not a result of this engine's call.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>; or the device has too few pages.</exception>
    public UserProcess ResumeNext(
        Stream stream, SwapDevice? device, ref uint slot, Func<string, GuestFile?>? openFile = null,
        ProcessOptions? options = null)
    {
        using SlowPathHold hold = _engine.Hold();
        if (device is not null) ThrowUnlessHere(device, nameof(device));
        return _loader.Load(stream, isEngine: false, device, ref slot, new(openFile, Options: options))[0];
    }

    /// <summary>Makes touches of a memory file's pages read them from a device, as if they were swapped out to it.</summary>
    /// <param name="file">The file, which has none of the pages.</param>
    /// <param name="first">The first page.</param>
    /// <param name="count">Pages, none beyond the end of the file.</param>
    /// <param name="device">The result of <see cref="OpenPages"/>.</param>
    /// <param name="slot">The slot of the first page; afterwards the one after the last.</param>
    /// <exception cref="ArgumentException">The file or the device belongs to another engine, or it holds no saved pages.</exception>
    /// <exception cref="InvalidDataException">The file has such a page, or ends before it; or the device has too few slots.</exception>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public void AdoptPages(GuestFile file, FilePage first, PageCount count, SwapDevice device,
        ref uint slot)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(device);
        using SlowPathHold hold = _engine.Hold();
        file.Check();
        if (file.Calls != _engine.Parts.Io.Calls) throw new ArgumentException("The file belongs to another engine.", nameof(file));
        ThrowUnlessHere(device, nameof(device));
        SavedMemoryReader.Adopt(_engine.Parts.Snapshots, file.Object, first, count, device, ref slot);
    }

    /// <summary>The work of <see cref="PagingEngine.CloneProcess"/> and <see cref="PagingEngine.CloneProcesses"/>.</summary>
    internal UserProcess[] Clone(ImageContent image, bool isEngine, in LoadedFrom host)
    {
        using SlowPathHold hold = _engine.Hold();
        return _loader.Clone(image, isEngine, host);
    }

    /// <summary>Throws unless the device holds saved pages of this engine's processes.</summary>
    private void ThrowUnlessHere(SwapDevice device, string parameter)
    {
        if (!_engine.Parts.Files.Swap.IsOn(device) || !device.IsClosing)
            throw new ArgumentException("The device holds no saved pages of this engine. OpenPages returns one that does.", parameter);
    }
}
