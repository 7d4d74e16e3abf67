using System.Diagnostics;
using System.Globalization;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Remote;

namespace Paging.Cli.Run.Checkpoints;

/// <summary>
/// Sends the pages of programs to a store while they run, and written ones again, until little is left to be
/// sent with the programs stopped. KVM and QEMU call it pre-copy.
/// </summary>
internal sealed class LiveUpload : IDisposable
{
    private const int FramesTogether = 1024, FramesOfRest = 512, RoundsMax = 10, PageByteLength = 4096;

    private readonly GuestKernel _kernel;
    private readonly CheckpointPlace _place;
    private readonly RedisServer _server;
    private readonly SnapshotUpload _upload;
    private readonly FrameDirtyLog _log;
    private readonly Queue<FrameNumber> _frames;
    private Task _sending = Task.CompletedTask;
    private int _round;

    /// <exception cref="RemoteException">The server is away.</exception>
    public LiveUpload(GuestKernel kernel, CheckpointPlace place)
    {
        (_kernel, _place, _server) = (kernel, place, RedisServer.Connect(place.Store!));
        _upload = new SnapshotStore(_server, place.Store!).BeginUpload();
        _log = kernel.Engine.OpenDirtyLog();
        _frames = new(AllFrames().Where(IsOwn));
    }

    /// <summary>Called between two runs: starts sending the next pages, and stops the machine when they are sent.</summary>
    /// <returns>True if so little is left that the machine can be saved.</returns>
    /// <exception cref="RemoteException">The server is away.</exception>
    public bool Step()
    {
        if (!_sending.IsCompleted) return false;
        _sending.GetAwaiter().GetResult();
        if (_frames.Count == 0)
        {
            foreach (FrameNumber frame in _log.CollectDirty())
                if (IsOwn(frame)) _frames.Enqueue(frame);
            if (_frames.Count <= FramesOfRest || ++_round == RoundsMax) return true;
        }

        byte[] pages = new byte[Math.Min(_frames.Count, FramesTogether) * PageByteLength];
        for (int at = 0; at < pages.Length; at += PageByteLength) _kernel.Engine.Ram.Bytes(_frames.Dequeue()).CopyTo(pages.AsSpan(at));
        _sending = Task.Run(() =>
        {
            try
            {
                _upload.Send(pages);
            }
            finally
            {
                _kernel.RequestStop();
            }
        });
        return false;
    }

    /// <summary>Saves the machine with its remaining pages. Returns a description of the checkpoint.</summary>
    /// <exception cref="RemoteException">The server is away.</exception>
    public string Save()
    {
        Stopwatch watch = Stopwatch.StartNew();
        _log.Dispose();
        string written = _place.Save(_kernel, _server, _upload);
        return string.Create(CultureInfo.InvariantCulture, $"{written}; stopped for {watch.Elapsed.TotalMilliseconds:F0} ms");
    }

    public void Dispose()
    {
        ((IAsyncResult)_sending).AsyncWaitHandle.WaitOne();
        _ = _sending.Exception;
        _log.Dispose();
        _server.Dispose();
    }

    private IEnumerable<FrameNumber> AllFrames()
    {
        for (uint frame = 0; frame < _kernel.Engine.Ram.FrameCount.Value; frame++) yield return new(frame);
    }

    private bool IsOwn(FrameNumber frame) =>
        _kernel.Engine.Frames.Describe(frame).State == FrameState.Anonymous && !_kernel.Engine.Ram.IsZero(frame);
}
