using Paging.Guest;
using Paging.Remote;

namespace Paging.Cli.Run.Checkpoints;

/// <summary>A checkpoint that was opened, with what it is read from as long as its programs may need that.</summary>
internal sealed class OpenCheckpoint : IDisposable
{
    private readonly SavedSnapshot? _pages;
    private readonly IDisposable[] _sources;

    private OpenCheckpoint(GuestCheckpoint checkpoint, SavedSnapshot? pages, params IDisposable[] sources) =>
        (Checkpoint, _pages, _sources) = (checkpoint, pages, sources);

    /// <summary>What the machine was built with.</summary>
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

    /// <summary>The programs go on at once; what lies in a store comes when it is touched, and the rest in the background.</summary>
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
