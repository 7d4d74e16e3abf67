using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Snapshots": of a process or of a whole engine, and what is made of a saved one.</summary>
// SAFETY: as Border.
internal static unsafe class Snapshots
{
    [Export("paging_snapshot_take")]
    public static Errno Take(ulong process, ulong* snapshot)
    {
        Border.Clear(snapshot, "snapshot");
        if (Processes.Of(process).TryTakeSnapshot(out Snapshot? taken, out Errno error))
            *snapshot = Handles.Add(HandleKind.Snapshot, new TakenSnapshot(taken), Handles.EngineOf(process));
        return error;
    }

    [Export("paging_engine_snapshot_take")]
    public static Errno TakeOfAll(ulong engine, ulong* snapshot)
    {
        Border.Clear(snapshot, "snapshot");
        if (Engines.Of(engine).TryTakeSnapshot(out EngineSnapshot? taken, out Errno error))
            *snapshot = Handles.Add(HandleKind.EngineSnapshot, new TakenSnapshot(taken), engine);
        return error;
    }

    [Export("paging_snapshot_restore")]
    public static Errno Restore(ulong snapshot) => TakenSnapshot.Of(snapshot).Restore();

    [Export("paging_snapshot_keep_written")]
    public static void KeepWritten(ulong snapshot, int on) => TakenSnapshot.Of(snapshot).KeepWritten(on != 0);

    [Export("paging_snapshot_dirty_pages")]
    public static long CountDirtyPages(ulong snapshot) => TakenSnapshot.Of(snapshot).DirtyPages;

    [Export("paging_snapshot_is_valid")]
    public static int IsValid(ulong snapshot) => TakenSnapshot.Of(snapshot).IsValid ? 1 : 0;

    [Export("paging_snapshot_name")]
    public static void Name(ulong snapshot, uint number, byte* name) =>
        TakenSnapshot.Of(snapshot).Name((int)number, name == null ? null : Border.Text(name, "name"));

    [Export("paging_snapshot_save")]
    public static void Save(ulong snapshot, byte* path)
    {
        TakenSnapshot saved = TakenSnapshot.Of(snapshot);
        WholeFile.Write(Border.Text(path, "path"), saved.Save);
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
        TakenSnapshot saved = TakenSnapshot.Of(snapshot);
        return GivenBytes.Write(buffer, capacity, saved.Save);
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

    [Export("paging_engine_load")]
    public static long LoadAll(ulong engine, byte* path, FileFinder* files, ulong* processes, uint capacity)
    {
        PagingEngine target = Engines.Of(engine);
        NewSet.Need(processes, capacity);
        using FileStream stream = File.OpenRead(Border.Text(path, "path"));
        IReadOnlyList<UserProcess> made =
            target.SavedProcesses.LoadAll(stream, CalledFinder.Of(files), CalledFinder.GroupsOf(files));
        return NewSet.Give(made, HandleKind.Process, engine, processes, capacity);
    }

    [Export("paging_engine_load_bytes")]
    public static long LoadAllBytes(ulong engine, void* bytes, ulong byteLength, FileFinder* files, ulong* processes, uint capacity)
    {
        PagingEngine target = Engines.Of(engine);
        Border.Need(bytes, "bytes");
        NewSet.Need(processes, capacity);
        using UnmanagedMemoryStream stream = new((byte*)bytes, Files.Length(byteLength));
        IReadOnlyList<UserProcess> made =
            target.SavedProcesses.LoadAll(stream, CalledFinder.Of(files), CalledFinder.GroupsOf(files));
        return NewSet.Give(made, HandleKind.Process, engine, processes, capacity);
    }
}
