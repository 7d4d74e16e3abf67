using Paging.Windows;

namespace Paging.Interop;

/// <summary>paging.h, "Windows": processes that are saved and loaded with their sections.</summary>
// SAFETY: as Border.
internal static unsafe class WindowsSaving
{
    [Export("paging_windows_save")]
    public static void Save(ulong engine, ulong process, byte* path)
    {
        Action<Stream> save = SaveOf(engine, process);
        WholeFile.Write(Border.Text(path, "path"), save);
    }

    [Export("paging_windows_save_bytes")]
    public static long SaveBytes(ulong engine, ulong process, void* buffer, ulong capacity)
    {
        Action<Stream> save = SaveOf(engine, process);
        return GivenBytes.Write(buffer, capacity, save);
    }

    [Export("paging_windows_load")]
    public static long Load(ulong engine, byte* path, FileFinder* files, ulong* processes, uint capacity)
    {
        WindowsMachine target = WindowsMachine.Of(Engines.Of(engine));
        NewSet.Need(processes, capacity);
        using FileStream stream = File.OpenRead(Border.Text(path, "path"));
        return NewSet.Give(
            target.Load(stream, CalledFinder.Of(files)), HandleKind.WindowsProcess, engine, processes, capacity);
    }

    [Export("paging_windows_load_bytes")]
    public static long LoadBytes(ulong engine, void* bytes, ulong byteLength, FileFinder* files, ulong* processes, uint capacity)
    {
        WindowsMachine target = WindowsMachine.Of(Engines.Of(engine));
        Border.Need(bytes, "bytes");
        NewSet.Need(processes, capacity);
        using UnmanagedMemoryStream stream = new((byte*)bytes, Files.Length(byteLength));
        return NewSet.Give(
            target.Load(stream, CalledFinder.Of(files)), HandleKind.WindowsProcess, engine, processes, capacity);
    }

    /// <summary>The call that saves a process, or, without one, all processes of the engine.</summary>
    private static Action<Stream> SaveOf(ulong engine, ulong process)
    {
        WindowsMachine machine = WindowsMachine.Of(Engines.Of(engine));
        if (process == 0) return stream => machine.Save(stream);
        WindowsProcess one = WindowsExports.Of(process);
        if (Handles.EngineOf(process) != engine)
            throw new RefusalException(BorderCode.BadArgument, "The process belongs to another engine.");
        return stream => one.Save(stream);
    }
}
