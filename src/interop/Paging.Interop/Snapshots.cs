using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Snapshots": of a process or of a whole engine.</summary>
// SAFETY: as Border.
internal static unsafe class Snapshots
{
    [Export("paging_snapshot_take")]
    public static Errno Take(ulong handle, ulong* snapshot)
    {
        Border.Clear(snapshot, "snapshot");
        object target = Handles.Get(handle, out _, out ulong engine);
        Errno error;
        if (target is PagingEngine whole)
        {
            error = whole.TakeSnapshot(out EngineSnapshot? taken);
            if (error == Errno.None) *snapshot = Handles.Add(HandleKind.EngineSnapshot, taken!, engine);
        }
        else
        {
            error = Processes.Of(handle).TakeSnapshot(out Snapshot? taken);
            if (error == Errno.None) *snapshot = Handles.Add(HandleKind.Snapshot, taken!, engine);
        }

        return error;
    }

    [Export("paging_snapshot_restore")]
    public static Errno Restore(ulong snapshot) =>
        Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.Restore() : Of(snapshot).Restore();

    [Export("paging_snapshot_keep_written")]
    public static void KeepWritten(ulong snapshot, int on)
    {
        if (Handles.Get(snapshot, out _, out _) is EngineSnapshot whole) whole.KeepsWrittenPages = on != 0;
        else Of(snapshot).KeepsWrittenPages = on != 0;
    }

    [Export("paging_snapshot_dirty_pages")]
    public static long CountDirtyPages(ulong snapshot) =>
        Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.DirtyPageCount : Of(snapshot).DirtyPages.Value;

    [Export("paging_snapshot_is_valid")]
    public static int IsValid(ulong snapshot) =>
        (Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.IsValid : Of(snapshot).IsValid) ? 1 : 0;

    [Export("paging_snapshot_save")]
    public static void Save(ulong snapshot, byte* path)
    {
        Snapshot saved = Of(snapshot);
        using FileStream stream = File.Create(Border.Text(path, "path"));
        saved.Save(stream);
    }

    [Export("paging_process_load")]
    public static void Load(ulong engine, byte* path, FileFinder* files, ulong* process)
    {
        Border.Clear(process, "process");
        PagingEngine target = Engines.Of(engine);
        using FileStream stream = File.OpenRead(Border.Text(path, "path"));
        *process = Handles.Add(HandleKind.Process, target.SavedProcesses.Load(stream, CalledFinder.Of(files)), engine);
    }

    [Export("paging_snapshot_save_bytes")]
    public static long SaveBytes(ulong snapshot, void* buffer, ulong capacity)
    {
        Snapshot saved = Of(snapshot);
        if (capacity != 0) Border.Need(buffer, "buffer");
        using GivenBytes stream = new((byte*)buffer, (long)Math.Min(capacity, long.MaxValue));
        saved.Save(stream);
        return stream.Length;
    }

    [Export("paging_process_load_bytes")]
    public static void LoadBytes(ulong engine, void* bytes, ulong byteLength, FileFinder* files, ulong* process)
    {
        Border.Clear(process, "process");
        PagingEngine target = Engines.Of(engine);
        Border.Need(bytes, "bytes");
        using UnmanagedMemoryStream stream = new((byte*)bytes, Files.Length(byteLength));
        *process = Handles.Add(HandleKind.Process, target.SavedProcesses.Load(stream, CalledFinder.Of(files)), engine);
    }

    /// <summary>The snapshot of one process that a handle stands for.</summary>
    public static Snapshot Of(ulong handle) => Handles.Get<Snapshot>(handle, HandleKind.Snapshot);
}
