using Paging.Guest;
using Paging.Remote;

namespace Paging.Cli.Run.Checkpoints;

/// <summary>An open checkpoint, with its source for as long as its programs may need it.</summary>
internal sealed class OpenCheckpoint : IDisposable
{
    private readonly SavedSnapshot? _pages;
    private readonly IDisposable[] _sources;

    private OpenCheckpoint(GuestCheckpoint checkpoint, SavedSnapshot? pages, params IDisposable[] sources) =>
        (Checkpoint, _pages, _sources) = (checkpoint, pages, sources);

    /// <summary>The checkpoint.</summary>
    public GuestCheckpoint Checkpoint { get; }

    /// <summary>One with its pages in the stream.</summary>
    public static OpenCheckpoint Of(Stream stream)
    {
        try
        {
            return new(GuestCheckpoint.Open(stream), null, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>One with its pages in a store.</summary>
    public static OpenCheckpoint Of(RedisServer server, SavedSnapshot saved)
    {
        MemoryStream stream = new(saved.Manifest.ToArray(), writable: false);
        return new(GuestCheckpoint.Open(stream), saved, stream, server);
    }

    /// <summary>Resumes the programs at once. Pages in a store are fetched when they are touched, and the rest in the background.</summary>
    public void Resume(GuestKernel kernel)
    {
        kernel.Resume(Checkpoint, _pages?.Pages);
        _pages?.Pages.BeginFetching();
    }

    public void Dispose()
    {
        foreach (IDisposable source in _sources) source.Dispose();
    }
}
