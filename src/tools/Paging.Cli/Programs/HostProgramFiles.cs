using Paging.Core;
using Paging.Programs;

namespace Paging.Cli.Programs;

/// <summary>
/// Programs and their interpreters from this host's file system, through the engine's page cache.
/// </summary>
internal sealed class HostProgramFiles(PagingEngine engine) : IProgramFiles
{
    private readonly Dictionary<string, ProgramImage> _images = new(StringComparer.Ordinal);

    /// <summary>Why the last file could not be opened, as a message.</summary>
    public string? Reason { get; private set; }

    public Errno Find(string path, out ProgramImage? image)
    {
        if (_images.TryGetValue(path, out image)) return Errno.None;
        if (Directory.Exists(path)) return Refuse(Errno.EACCES, $"{path}: a directory");
        if (File.Exists(path) && !HostFileKind.IsRegular(path))
            return Refuse(Errno.EACCES, $"{path}: a pipe, a socket or a device, not a file");
        try
        {
            image = ProgramImage.Of(engine.Files.OpenHostFile(path, FileRights.Read));    // stays open as long as the engine
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            return Refuse(exception is FileNotFoundException or DirectoryNotFoundException
                ? Errno.ENOENT : Errno.EACCES, $"{path}: {UserFiles.ReasonOf(exception)}");
        }

        _images.Add(path, image);
        return Errno.None;
    }

    private Errno Refuse(Errno error, string reason)
    {
        Reason = reason;
        return error;
    }
}
