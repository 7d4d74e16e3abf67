using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Snapshots;

namespace Paging.Core;

/// <summary>Brings a saved process back to life.</summary>
public static class SavedProcesses
{
    /// <summary>Creates a process from what <see cref="Snapshot.Save"/> has written, in this engine or another one.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">Finds a file by the name that it had; null, or null returned: there is no such file.</param>
    /// <param name="options">The group to join. What was saved overrides the rest.</param>
    /// <remarks>
    /// The process has a number of its own, no descriptors and no snapshots. Each of its areas begins a history of its own.
    /// </remarks>
    /// <exception cref="InvalidDataException">The stream holds no saved snapshot, one of another version, or a damaged one.</exception>
    /// <exception cref="FileNotFoundException">The process maps a file that the caller does not know.</exception>
    /// <exception cref="InvalidOperationException">The engine has too little memory.</exception>
    public static UserProcess LoadProcess(
        this PagingEngine engine, Stream stream, Func<string, GuestFile?>? openFile = null, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        engine.Enter();
        ArgumentNullException.ThrowIfNull(stream);
        using SnapshotReader reader = new(engine.Ram, engine.Parts.Snapshots, new(stream, engine.Parts.Machine.Guard));
        reader.ReadHeader();
        FileOperations calls = engine.Parts.Io.Calls;
        reader.Resolve(name => ObjectOf(calls, openFile?.Invoke(name)));
        engine.Enter();    // the caller's code has run
        UserProcess process = engine.CreateProcess(reader.Name, options ?? ProcessOptions.Default);
        try
        {
            process.ReadMemory(reader);
            process.OutOfMemoryScore = reader.OutOfMemoryScore;
        }
        catch
        {
            process.Dispose();
            throw;
        }

        return process;
    }

    private static FileObject? ObjectOf(FileOperations calls, GuestFile? file)
    {
        if (file is not null && file.Calls != calls)
            throw new ArgumentException("The file belongs to another engine.", nameof(file));
        return file?.Object is { IsAlive: true } found ? found : null;
    }
}
