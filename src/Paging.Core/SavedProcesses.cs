using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>Creates processes from saved snapshots, and the shared memory that was saved beside them.</summary>
public sealed class SavedProcesses
{
    private readonly PagingEngine _engine;
    private readonly Dictionary<ProcessImage, EngineImage> _images = [];

    internal SavedProcesses(PagingEngine engine) => _engine = engine;

    /// <summary>Creates a process from the output of <see cref="Snapshot.Save"/>, in this engine or another one.</summary>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">
    /// Finds a file or a device by its saved name: called once for each name. It is not called for memory that the stream holds, which the
    /// process gets for itself. The process holds what it maps, so the caller may dispose the
    /// result after this call, and disposes a device's own resources when the process has ended. Null, or a result of null: there is none.
    /// </param>
    /// <param name="options">The group to join. Saved values override the rest.</param>
    /// <remarks>
    /// The process has a new number, no descriptors and no snapshots. Each of its areas gets an anonymous root of its own. Shared memory
    /// that the stream holds is a copy: <see cref="EngineFiles.Find"/> opens it by the <see cref="AreaSnapshot.ObjectId"/> of its areas.
    /// Streams of older versions are read, too.
    /// </remarks>
    /// <exception cref="InvalidDataException">The stream holds no saved snapshot, one of a newer version, or a damaged one.</exception>
    /// <exception cref="FileNotFoundException">The process maps a file that the caller does not find.</exception>
    /// <exception cref="ArgumentException">The caller gives a directory, a device for a file, or a file for a device.</exception>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public UserProcess Load(
        Stream stream, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        using SlowPathHold hold = _engine.Hold();
        uint slot = 0;
        return Create(stream, farPages: null, ref slot, openFile, options);
    }

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
        ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathHold hold = _engine.Hold();
        device = null;
        if (pages.SlotCount == 0)    // swapon refuses a device without slots
        {
            pages.Dispose();
            return Load(stream, openFile, options);
        }

        device = OpenPages(pages);
        try
        {
            uint slot = 0;
            return Create(stream, device, ref slot, openFile, options);
        }
        catch
        {
            _engine.Swap.SwitchOff(device);    // the failed process has given back its slots
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
        return Create(stream, device, ref slot, openFile, options);
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
        ThrowUnlessHere(_engine.Parts.Io.Calls, file, nameof(file));
        ThrowUnlessHere(device, nameof(device));
        FileObject inside = file.Object;
        for (uint i = 0; i < count.Value; i++, slot++)
        {
            FilePage page = new(first.Value + i);
            bool isFree = inside.IsSharedMemory && inside.Contains(page) && !_engine.Parts.Files.Cache.TryFind(inside, page, out _)
                && _engine.Parts.Files.SharedSwap.EntryOf(inside, page).IsNone;
            if (!isFree || slot >= device.SlotCount || device.IsTaken(slot))    // taken: a stream that names a slot twice
                throw new InvalidDataException($"Page {page.Value} of '{file.Name}' cannot be taken from slot {slot}.");
            if (!_engine.Parts.Files.SharedSwap.TryAdopt(inside, page, device, slot))
                throw new NoMemoryException("Cannot load shared memory: the engine has too little memory for it.");
        }
    }

    /// <summary>The work of <see cref="PagingEngine.CloneProcess"/>.</summary>
    internal UserProcess Clone(
        ProcessImage image, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentNullException.ThrowIfNull(image);
        UserProcess clone = _images.TryGetValue(image, out EngineImage? known)
            ? Show(known, openFile, options)
            : CloneFirst(image, openFile, options);
        ShareMarks(image, (known ?? _images[image]).State, clone);
        return clone;
    }

    /// <summary>Gives a clone the image's marked bytes, whose nodes never change, so that all clones share them.</summary>
    private static void ShareMarks(ProcessImage image, SavedState state, UserProcess clone)
    {
        if (!state.HasShadowMarks) return;
        ShadowTree shadow = new(image.Shadow);
        state.Apply(shadow);
        ByteShadow.Begin(clone.Memory, shadow);
    }

    /// <summary>Loads an image, and keeps what further clones need.</summary>
    private UserProcess CloneFirst(ProcessImage image, Func<string, GuestFile?>? openFile, ProcessOptions? options)
    {
        using Stream areas = image.OpenAreas();
        uint slot = 0;
        HostWindow? window = image.WindowIn(_engine.Ram, _engine.Parts.Machine.Frames);
        return Create(areas, farPages: null, ref slot, openFile, options, window, image);
    }

    /// <summary>Makes a further clone.</summary>
    private UserProcess Show(EngineImage image, Func<string, GuestFile?>? openFile, ProcessOptions? options)
    {
        using SavedAreas areas = new(_engine.Parts.Snapshots);
        areas.Create(image.Memories);
        if (image.MapsFiles) OpenFiles(areas, image, openFile);
        UserProcess process = _engine.CreateProcess(image.Name, (options ?? ProcessOptions.Default).Within(image.Bounds));
        try
        {
            process.ShowImage(image, areas);
            process.Score = image.OutOfMemoryScore;
        }
        catch
        {
            process.Dispose();
            throw;
        }

        return process;
    }

    private void OpenFiles(SavedAreas areas, EngineImage image, Func<string, GuestFile?>? openFile)
    {
        FileOperations calls = _engine.Parts.Io.Calls;
        areas.Open(image.Areas, name => ObjectOf(calls, openFile?.Invoke(name)));
        _engine.CheckCaller();    // the caller's code has run
    }

    /// <summary>Throws unless the device holds saved pages of this engine's processes.</summary>
    private void ThrowUnlessHere(SwapDevice device, string parameter)
    {
        if (!_engine.Parts.Files.Swap.IsOn(device) || !device.IsClosing)
            throw new ArgumentException("The device holds no saved pages of this engine. OpenPages returns one that does.", parameter);
    }

    /// <summary>Throws if the file belongs to another engine.</summary>
    private static void ThrowUnlessHere(FileOperations calls, GuestFile file, string parameter)
    {
        if (file.Calls != calls) throw new ArgumentException("The file belongs to another engine.", parameter);
    }

    private UserProcess Create(Stream stream, SwapDevice? farPages, ref uint slot,
        Func<string, GuestFile?>? openFile, ProcessOptions? options, HostWindow? window = null, ProcessImage? image = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SnapshotReader reader =
            new(_engine.Ram, _engine.Parts.Snapshots, new(stream, _engine.Callers), farPages, slot, isImage: image is not null, window);
        reader.ReadHeader();    // with the checksum, before there is a process
        FileOperations calls = _engine.Parts.Io.Calls;
        reader.Resolve(name => ObjectOf(calls, openFile?.Invoke(name)));
        _engine.CheckCaller();    // the caller's code has run
        UserProcess process = _engine.CreateProcess(reader.Name, (options ?? ProcessOptions.Default).Within(reader.Bounds));
        try
        {
            process.ReadMemory(reader);
            process.Score = reader.OutOfMemoryScore;
            if (image is not null) _images[image] = process.ToEngineImage(reader);
        }
        catch
        {
            process.Dispose();
            throw;
        }

        slot = reader.NextSlot;
        return process;
    }

    private static FileObject? ObjectOf(FileOperations calls, GuestFile? file)
    {
        if (file is not null) ThrowUnlessHere(calls, file, nameof(file));
        if (file is { Kind: FileKind.Directory })
            throw new ArgumentException($"'{file.Name}' was given for a saved file, and is a directory.", nameof(file));
        return file?.Object is { IsAlive: true } found ? found : null;
    }
}
