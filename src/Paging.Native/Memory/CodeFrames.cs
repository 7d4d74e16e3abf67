namespace Paging.Native.Memory;

//   a processor translates code of a frame ──► Mark          holds ▓
//   the frame's bytes are replaced         ──► Changed       holds ░, and the frame waits
//   the processor continues                ──► TryTakeChanged, and drops its translation of the frame
/// <summary>The frames of which a processor holds translated code, and those whose bytes have been replaced since.</summary>
/// <remarks>
/// A real x86 sees such stores; one that translates code ahead must be notified. <see cref="FrameObservers.Code"/> is null while no
/// such processor is attached: then it costs a test where frames are freed or written by the engine. The guest's own stores are not
/// reported: the processor sees those itself. A frame waits at most once, for it holds nothing from then until it is marked again.
/// </remarks>
internal sealed class CodeFrames
{
    private const uint CountMax = 1 << 24;    // the frames of 64 GiB, which PAE can name

    private readonly ulong[] _holds;
    private readonly List<uint> _changed = [];

    /// <summary>Makes the set for all of RAM.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More frames than 64 GiB has.</exception>
    public CodeFrames(FrameCount frames)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frames.Value, CountMax, nameof(frames));
        FrameCount = frames;
        _holds = new ulong[(frames.Value + 63) >> 6];
    }

    /// <summary>The number of frames that the set was made for: all of RAM.</summary>
    public FrameCount FrameCount { get; }

    /// <summary>Frames whose code has been dropped because their bytes changed.</summary>
    public long ChangedCount { get; private set; }

    /// <summary>True while some frame waits.</summary>
    public bool HasChanged => _changed.Count != 0;

    /// <summary>True from <see cref="Mark"/> to the next <see cref="Changed"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public bool Holds(FrameNumber frame)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame.Value, FrameCount.Value, nameof(frame));
        return (_holds[frame.Value >> 6] & (1UL << (int)(frame.Value & 63))) != 0;
    }

    /// <summary>The processor has translated code that lies in the frame.</summary>
    /// <returns>True: it had none of this frame before.</returns>
    public bool Mark(FrameNumber frame)
    {
        if (Holds(frame)) return false;
        _holds[frame.Value >> 6] |= 1UL << (int)(frame.Value & 63);
        return true;
    }

    /// <summary>The frame's bytes have been replaced, or will be before they are executed again.</summary>
    public void Changed(FrameNumber frame)
    {
        if (!Holds(frame)) return;
        _holds[frame.Value >> 6] &= ~(1UL << (int)(frame.Value & 63));
        _changed.Add(frame.Value);
        ChangedCount++;
    }

    /// <summary>Takes one of the frames that wait.</summary>
    public bool TryTakeChanged(out FrameNumber frame)
    {
        frame = default;
        if (_changed.Count == 0) return false;
        frame = new(_changed[^1]);
        _changed.RemoveAt(_changed.Count - 1);
        return true;
    }
}
