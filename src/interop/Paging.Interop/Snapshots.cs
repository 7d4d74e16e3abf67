using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Snapshots": of a process or of a whole engine.</summary>
// SAFETY: as Border.
internal static unsafe class Snapshots
{
    [UnmanagedCallersOnly(EntryPoint = "paging_snapshot_take")]
    public static int Take(ulong handle, ulong* snapshot)
    {
        try
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

            return Border.Code(error);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_snapshot_restore")]
    public static int Restore(ulong snapshot)
    {
        try { return Border.Code(Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.Restore() : Of(snapshot).Restore()); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_snapshot_dirty_pages")]
    public static long CountDirtyPages(ulong snapshot)
    {
        try { return Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.DirtyPages : Of(snapshot).DirtyPages.Value; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_snapshot_is_valid")]
    public static int IsValid(ulong snapshot)
    {
        try { return (Handles.Get(snapshot, out _, out _) is EngineSnapshot whole ? whole.IsValid : Of(snapshot).IsValid) ? 1 : 0; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_snapshot_save")]
    public static int Save(ulong snapshot, byte* path)
    {
        try
        {
            Snapshot saved = Of(snapshot);
            using FileStream stream = File.Create(Border.Text(path, "path"));
            saved.Save(stream);
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_process_load")]
    public static int Load(ulong engine, byte* path, ulong* process)
    {
        try
        {
            Border.Clear(process, "process");
            PagingEngine target = Engines.Of(engine);
            using FileStream stream = File.OpenRead(Border.Text(path, "path"));
            *process = Handles.Add(HandleKind.Process, target.LoadProcess(stream), engine);
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static Snapshot Of(ulong handle) => Handles.Get<Snapshot>(handle, HandleKind.Snapshot);
}
