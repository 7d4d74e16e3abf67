using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Snapshots;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native.Memory;

namespace Paging.Core;

/// <summary>Creates processes from saved snapshots.</summary>
public static class SavedProcesses
{
    /// <summary>Creates a process from the output of <see cref="Snapshot.Save"/>, in this engine or another one.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">Finds a file by its saved name. Null, or a result of null: there is no such file.</param>
    /// <param name="options">The group to join. Saved values override the rest.</param>
    /// <remarks>
    /// The process has a new number, no descriptors and no snapshots. Each of its areas gets an anonymous root of its own.
    /// </remarks>
    /// <exception cref="InvalidDataException">The stream holds no saved snapshot, one of another version, or a damaged one.</exception>
    /// <exception cref="FileNotFoundException">The process maps a file that the caller does not find.</exception>
    /// <exception cref="InvalidOperationException">The engine has too little memory.</exception>
    public static UserProcess LoadProcess(
        this PagingEngine engine, Stream stream, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        uint slot = 0;
        return Load(engine, stream, farPages: null, ref slot, openFile, options);
    }

    /// <summary>
    /// Creates a process from the output of <see cref="Snapshot.Save"/>. Each page is read
    /// when it is touched.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="pages">Holds the pages as slots, in the order in which they were saved. The engine disposes it.</param>
    /// <param name="device">
    /// The store as a swap device. A touched page leaves it for good, and no page is written to it.
    /// <see cref="PagingEngine.SwapOff"/> brings in all that is left. Null if there are no pages.
    /// </param>
    /// <param name="openFile">As for <see cref="LoadProcess"/>.</param>
    /// <param name="options">As for <see cref="LoadProcess"/>.</param>
    /// <remarks>Cost: O(areas and pages), and no page is read. Touching a page that cannot be read is a bus error.</remarks>
    /// <exception cref="InvalidDataException">As <see cref="LoadProcess"/>; or the store has fewer pages than the stream names.</exception>
    /// <exception cref="InvalidOperationException">There are 16 swap devices, or the engine has too little memory.</exception>
    public static UserProcess ResumeProcess(
        this PagingEngine engine, Stream stream, ISwapStore pages, out SwapDevice? device, Func<string, GuestFile?>? openFile = null,
        ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathTurn turn = engine.TakeTurn();
        device = null;
        if (pages.SlotCount == 0)    // swapon refuses a device without slots
        {
            pages.Dispose();
            return engine.LoadProcess(stream, openFile, options);
        }

        device = engine.OpenPages(pages);
        try
        {
            uint slot = 0;
            return Load(engine, stream, device, ref slot, openFile, options);
        }
        catch
        {
            engine.SwapOff(device);    // the failed process has given back its slots
            throw;
        }
    }

    /// <summary>Switches on the pages of several processes that were saved apart from them, one after the other.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="pages">Holds the pages of all of them as slots, in the order in which they were saved. The engine disposes it.</param>
    /// <returns>The device, as for <see cref="ResumeProcess"/>.</returns>
    /// <exception cref="InvalidOperationException">There are 16 swap devices, or the store has no slot.</exception>
    public static SwapDevice OpenPages(this PagingEngine engine, ISwapStore pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathTurn turn = engine.TakeTurn();
        if (engine.SwapOn(pages, out SwapDevice? device) is not Errno.None and var error)
            throw new InvalidOperationException($"The store of the saved pages cannot be switched on: {error}.");
        device!.IsClosing = true;    // nothing is swapped out there
        return device;
    }

    /// <summary>Creates one of several processes whose pages are on one device. Each page is read when it is touched.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="stream">The output of <see cref="Snapshot.Save"/> for the process.</param>
    /// <param name="device">The result of <see cref="OpenPages"/>; null if there are no pages at all.</param>
    /// <param name="slot">The slot of the process's first page; afterwards that of the next process's.</param>
    /// <param name="openFile">As for <see cref="LoadProcess"/>.</param>
    /// <param name="options">As for <see cref="LoadProcess"/>.</param>
    /// <exception cref="ArgumentException">As <see cref="LoadProcess"/>; or the device is not a result of this engine's call.</exception>
    /// <exception cref="InvalidDataException">As <see cref="LoadProcess"/>; or the device has too few pages.</exception>
    public static UserProcess ResumeNextProcess(
        this PagingEngine engine, Stream stream, SwapDevice? device, ref uint slot, Func<string, GuestFile?>? openFile = null,
        ProcessOptions? options = null)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        if (device is not null) ThrowUnlessHere(engine, device, nameof(device));
        return Load(engine, stream, device, ref slot, openFile, options);
    }

    /// <summary>Creates a process with the memory of an image, which it shares with every other clone until it writes.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="image">The image, made in this engine or another one.</param>
    /// <param name="openFile">As for <see cref="LoadProcess"/>.</param>
    /// <param name="options">As for <see cref="LoadProcess"/>.</param>
    /// <remarks>
    /// The process is as after <see cref="LoadProcess"/>, except that no page is resident: a page of the image is not counted, reclaimed or
    /// charged to a group before the process writes to it. The engine keeps the image, and its frame numbers behind the end of RAM, until
    /// it is disposed. Cost: O(areas + pages of the image), a page table for each 4 MiB in which it has pages; no page is copied.
    /// </remarks>
    /// <exception cref="FileNotFoundException">As <see cref="LoadProcess"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The engine has too little memory, or RAM leaves too few of the 2^20 frame numbers.
    /// </exception>
    public static UserProcess CloneProcess(
        this PagingEngine engine, ProcessImage image, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentNullException.ThrowIfNull(image);
        using Stream areas = image.OpenAreas();
        uint slot = 0;
        HostWindow? window = image.WindowIn(engine.Ram, engine.Parts.Machine.Frames);
        UserProcess clone = Load(engine, areas, farPages: null, ref slot, openFile, options, window);
        if (image.Shadow is not null) ByteShadow.Begin(clone.Memory, image.Shadow);    // its nodes never change, so clones share them
        return clone;
    }

    /// <summary>Throws unless the device holds saved pages of this engine's processes.</summary>
    internal static void ThrowUnlessHere(PagingEngine engine, SwapDevice device, string parameter)
    {
        if (!engine.Parts.Files.Swap.IsOn(device) || !device.IsClosing)
            throw new ArgumentException("The device holds no saved pages of this engine. OpenPages returns one that does.", parameter);
    }

    /// <summary>Throws if the file belongs to another engine.</summary>
    internal static void ThrowUnlessHere(FileOperations calls, GuestFile file, string parameter)
    {
        if (file.Calls != calls) throw new ArgumentException("The file belongs to another engine.", parameter);
    }

    private static UserProcess Load(PagingEngine engine, Stream stream, SwapDevice? farPages, ref uint slot,
        Func<string, GuestFile?>? openFile, ProcessOptions? options, HostWindow? image = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SnapshotReader reader =
            new(engine.Ram, engine.Parts.Snapshots, new(stream, engine.Parts.Machine.Guard), farPages, slot, image);
        reader.ReadHeader();    // with the checksum, before there is a process
        FileOperations calls = engine.Parts.Io.Calls;
        reader.Resolve(name => ObjectOf(calls, openFile?.Invoke(name)));
        engine.Enter();    // the caller's code has run
        UserProcess process = engine.CreateProcess(reader.Name, options ?? ProcessOptions.Default);
        try
        {
            process.ReadMemory(reader);
            process.Score = reader.OutOfMemoryScore;
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
        return file?.Object is { IsAlive: true } found ? found : null;
    }
}
