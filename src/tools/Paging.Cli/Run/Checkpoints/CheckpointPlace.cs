using System.Globalization;
using Paging.Guest;
using Paging.Remote;

namespace Paging.Cli.Run.Checkpoints;

/// <summary>The place of a program's checkpoint: a file, or a name in a store.</summary>
/// <param name="Path">The file; null if it is in a store.</param>
/// <param name="Store">The store, whose address has the name; null if it is in a file.</param>
internal sealed record CheckpointPlace(string? Path, RemoteAddress? Store)
{
    // A checkpoint contains all of the programs' memory.
    private static FileStreamOptions ForOwner
    {
        get
        {
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return options;
        }
    }

    /// <summary>The place of a file or a name in a store; null for neither.</summary>
    public static CheckpointPlace? Of(string? path, RemoteAddress? store) => path is null && store is null ? null : new(path, store);

    /// <summary>Tests whether a file can be created at the place, and removes it. Stores are not asked.</summary>
    /// <param name="refusal">The reason if it cannot.</param>
    public bool TryProbe(out string? refusal)
    {
        refusal = null;
        if (Path is null) return true;
        try
        {
            string unfinished = UnfinishedOf(UserFiles.TargetOf(Path));
            if (File.Exists(unfinished)) return true;    // left by a killed command, or of one that is saving now
            new FileStream(unfinished, ForOwner).Dispose();
            File.Delete(unfinished);
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            refusal = $"{Path}: cannot be written: {UserFiles.ReasonOf(failure, Path)}";
        }

        return refusal is null;
    }

    /// <summary>Writes a checkpoint. A file is replaced atomically.</summary>
    /// <returns>A description of the checkpoint.</returns>
    /// <exception cref="NotSupportedException">Something cannot be saved; nothing was written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="RemoteException">The store is away.</exception>
    public string Save(GuestKernel kernel)
    {
        if (Store is null) return SaveToFile(kernel, Path!);
        using RedisServer server = RedisServer.Connect(Store);
        return Save(kernel, server, new SnapshotStore(server, Store).BeginUpload());
    }

    /// <summary>Writes a checkpoint to a store, after an upload that has sent some of its pages.</summary>
    /// <returns>A description of the checkpoint.</returns>
    /// <exception cref="NotSupportedException">Something cannot be saved.</exception>
    /// <exception cref="RemoteException">The store is away.</exception>
    public string Save(GuestKernel kernel, RedisServer server, SnapshotUpload upload)
    {
        SnapshotTraffic traffic = new SnapshotStore(server, Store!).Save(Store!.Name, "programs of paging run", kernel.Save, upload);
        return string.Create(CultureInfo.InvariantCulture,
            $"{traffic.PageCount} pages, {traffic.NewPageCount} of them new, {traffic.SentByteLength} bytes sent");
    }

    /// <summary>Opens the checkpoint that is there.</summary>
    /// <param name="patience">The time to wait for one to appear, in a store.</param>
    /// <exception cref="InvalidDataException">It is damaged, of another version, or none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="RemoteException">There is none, or the store does not answer.</exception>
    public OpenCheckpoint Open(TimeSpan patience)
    {
        if (Store is null) return OpenCheckpoint.Of(new BufferedStream(File.OpenRead(Path!), 1 << 16));
        RedisServer server = RedisServer.Connect(Store);
        try
        {
            SnapshotStore store = new(server, Store);
            for (long started = Environment.TickCount64; Environment.TickCount64 - started < patience.TotalMilliseconds; Thread.Sleep(10))
                if (store.Contains(Store.Name)) break;
            return OpenCheckpoint.Of(server, store.Open(Store.Name));
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>The place without a password.</summary>
    public override string ToString() => Store?.ToString() ?? Path!;

    private static string UnfinishedOf(string target) => target + ".unfinished";

    private static string SaveToFile(GuestKernel kernel, string path)
    {
        path = UserFiles.TargetOf(path);    // of a link, its file is replaced
        string unfinished = UnfinishedOf(path);
        try
        {
            long length;
            using (FileStream stream = new(unfinished, ForOwner))
            {
                kernel.Save(stream);
                length = stream.Length;
            }

            File.Move(unfinished, path, overwrite: true);
            return string.Create(CultureInfo.InvariantCulture, $"{length} bytes");
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
