using Paging.Core;
using Paging.Programs.Cores;

namespace Paging.Interop;

/// <summary>paging.h, "Images and clones" and "Core files". An image belongs to no engine, so its handle outlives all of them.</summary>
// SAFETY: as Border.
internal static unsafe class Images
{
    [Export("paging_image_create")]
    public static void Create(ulong snapshot, ulong* image)
    {
        Border.Clear(image, "image");
        *image = Handles.Add(HandleKind.Image, TakenSnapshot.Of(snapshot).ToImage(), 0);
    }

    [Export("paging_image_create_delta")]
    public static void CreateDelta(ulong snapshot, ulong parent, ulong* image)
    {
        Border.Clear(image, "image");
        TakenSnapshot taken = TakenSnapshot.Of(snapshot);
        *image = Handles.Add(HandleKind.Image, taken.ToDelta(MemoryOf(parent)), 0);
    }

    [Export("paging_image_save")]
    public static void Save(ulong image, byte* path) => Save(image, path, isWhole: false);

    [Export("paging_image_save_whole")]
    public static void SaveWhole(ulong image, byte* path) => Save(image, path, isWhole: true);

    private static void Save(ulong image, byte* path, bool isWhole)
    {
        Action<Stream> save = MemoryOf(image) switch
        {
            EngineImage all => isWhole ? all.SaveWhole : all.Save,
            object one => isWhole ? ((ProcessImage)one).SaveWhole : ((ProcessImage)one).Save,
        };
        WholeFile.Write(Border.Text(path, "path"), save);
    }

    [Export("paging_image_open")]
    public static void Open(byte* path, int ofEngine, ulong* image)
    {
        Border.Clear(image, "image");
        string source = Border.Text(path, "path");
        *image = Handles.Add(HandleKind.Image, ofEngine != 0 ? EngineImage.Open(source) : ProcessImage.Open(source), 0);
    }

    [Export("paging_image_open_delta")]
    public static void OpenDelta(byte* path, ulong parent, ulong* image)
    {
        Border.Clear(image, "image");
        object before = MemoryOf(parent);
        string source = Border.Text(path, "path");
        object opened = before is EngineImage all ? EngineImage.Open(source, all) : ProcessImage.Open(source, (ProcessImage)before);
        *image = Handles.Add(HandleKind.Image, opened, 0);
    }

    [Export("paging_image_pages")]
    public static long CountPages(ulong image) => MemoryOf(image) switch
    {
        EngineImage all => all.Pages.Value,
        object one => ((ProcessImage)one).Pages.Value,
    };

    [Export("paging_image_own_pages")]
    public static long CountOwnPages(ulong image) => MemoryOf(image) switch
    {
        EngineImage all => all.OwnPages.Value,
        object one => ((ProcessImage)one).OwnPages.Value,
    };

    [Export("paging_image_hash")]
    public static long HashOf(ulong image, byte* buffer, ulong capacity) =>
        Border.Give(MemoryOf(image) switch { EngineImage all => all.Hash, object one => ((ProcessImage)one).Hash }, buffer, capacity);

    [Export("paging_image_processes")]
    public static long CountProcesses(ulong image) => Of(image) is EngineImage all ? all.ProcessCount : 1;

    [Export("paging_process_clone")]
    public static void Clone(ulong engine, ulong image, FileFinder* files, ulong* process)
    {
        Border.Clear(process, "process");
        PagingEngine owner = Engines.Of(engine);
        Func<string, GuestFile?>? finder = CalledFinder.Of(files);
        UserProcess made = Of(image) switch
        {
            CoreImage core when finder is null => core.Clone(owner),
            CoreImage core => owner.CloneProcess(core.Memory, finder),
            EngineImage => throw new RefusalException(
                BorderCode.BadArgument, "This is the image of an engine: paging_engine_clone makes its processes."),
            object memory => owner.CloneProcess((ProcessImage)memory, finder),
        };
        *process = Handles.Add(HandleKind.Process, made, engine);
    }

    [Export("paging_engine_clone")]
    public static long CloneAll(ulong engine, ulong image, FileFinder* files, ulong* processes, uint capacity)
    {
        PagingEngine owner = Engines.Of(engine);
        NewSet.Need(processes, capacity);
        if (Of(image) is not EngineImage all)
            throw new RefusalException(BorderCode.BadArgument, "This is the image of a process: paging_process_clone makes one.");
        if (all.ProcessCount > capacity)
            throw new RefusalException(BorderCode.BadArgument, $"capacity is {capacity}, and there are {all.ProcessCount} processes.");
        IReadOnlyList<UserProcess> made =
            owner.CloneProcesses(all, CalledFinder.Of(files), CalledFinder.GroupsOf(files));
        return NewSet.Give(made, HandleKind.Process, engine, processes, capacity);
    }

    [Export("paging_core_write")]
    public static void WriteCore(ulong process, byte* path, CoreThreadRow* threads, uint count, int signal)
    {
        UserProcess written = Processes.Of(process);
        string name = Border.Text(path, "path");
        if (count != 0) Border.Need(threads, "threads");
        if (signal is < 0 or > 64) throw new RefusalException(BorderCode.BadArgument, $"signal must be 0 to 64, not {signal}.");
        CoreProcess about = new() { Id = written.Id, ParentId = written.ParentId, Signal = signal, Threads = Take(threads, count) };
        using EngineHold hold = Engines.Of(Handles.EngineOf(process)).EnterSlowPath();
        WholeFile.Write(name, stream => CoreWriter.Write(written, stream, about));
    }

    [Export("paging_image_from_core")]
    public static void FromCore(byte* path, byte* root, ulong* image)
    {
        Border.Clear(image, "image");
        string name = Border.Text(path, "path");
        string? folder = root == null ? null : Border.Text(root, "root");
        using CoreFile core = CoreFile.Open(name);
        CoreImage made = CoreImage.Of(core, folder is null ? null : file => OpenBelow(folder, file));
        *image = Handles.Add(HandleKind.Image, made, 0);
    }

    [Export("paging_image_threads")]
    public static long ListThreads(ulong image, CoreThreadRow* threads, uint capacity)
    {
        if (Of(image) is not CoreImage core) return 0;
        if (capacity != 0) Border.Need(threads, "threads");
        IReadOnlyList<CoreThread> found = core.Process.Threads;
        for (int i = 0; i < Math.Min(found.Count, (long)capacity); i++)
        {
            threads[i].Id = found[i].Id;
            CoreRegisters registers = found[i].Registers;
            new ReadOnlySpan<byte>(&registers, CoreRegisters.ByteLength).CopyTo(
                new Span<byte>(threads[i].Registers, CoreRegisters.ByteLength));
        }

        return found.Count;
    }

    // A file that cannot be read is as one that is not there: its pages are missing.
    private static FileStream? OpenBelow(string root, string name)
    {
        try { return File.OpenRead(Path.Join(root, name)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static CoreThread[] Take(CoreThreadRow* threads, uint count)
    {
        if (count > 1 << 20) throw new RefusalException(BorderCode.BadArgument, $"count is {count}: no process has so many threads.");
        CoreThread[] made = new CoreThread[count];
        for (int i = 0; i < made.Length; i++)
            made[i] = new() { Id = threads[i].Id, Registers = *(CoreRegisters*)threads[i].Registers };
        return made;
    }

    /// <summary>The <see cref="EngineImage"/> or <see cref="ProcessImage"/> of a handle.</summary>
    private static object MemoryOf(ulong handle) => Of(handle) switch { CoreImage core => core.Memory, object other => other };

    private static object Of(ulong handle) => Handles.Get<object>(handle, HandleKind.Image);
}
