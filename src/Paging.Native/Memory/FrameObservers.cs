using System.Runtime.CompilerServices;

namespace Paging.Native.Memory;

//   a store by a program     ─► its page's first missed write (PageTranslation.NoteWrite) ─┐
//   a system call, a read    ─► the frame that it fills                                    ├─► Note ─► Code, each log
//   RAM that is given back   ─► BuddyAllocator                               ─► Code only  ┘
/// <summary>The observers of writes to frames: a processor with translated code, and the dirty logs of frames.</summary>
/// <remarks>
/// Logs of the pages of one space belong to the space; here they are counted, so that <see cref="Any"/> is the one question of a path
/// that writes. Cost without observers: that test.
/// </remarks>
internal sealed class FrameObservers(FrameCount frames)
{
    private int _loggedSpaces;

    /// <summary>True if a page's first write must be reported to anybody: to <see cref="Code"/>, or a log of frames or pages.</summary>
    public bool Any { get; private set; }

    /// <summary>The frames of which a processor holds translated code; null without a processor that translates code ahead.</summary>
    /// <exception cref="ArgumentException">The set was made for another number of frames.</exception>
    public CodeFrames? Code
    {
        get;
        set
        {
            if (value is not null && value.FrameCount != frames)
                throw new ArgumentException($"RAM has {frames} frames; the code frames were made for {value.FrameCount}.", nameof(value));
            field = value;
            Update();
        }
    }

    /// <summary>The dirty logs of frames that are open.</summary>
    public DirtySets Logs { get; } = new();

    /// <summary>Opens a log of frames.</summary>
    public void Add(DirtySet log)
    {
        Logs.Add(log);
        Update();
    }

    /// <summary>Closes a log of frames.</summary>
    public void Remove(DirtySet log)
    {
        Logs.Remove(log);
        Update();
    }

    /// <summary>Counts an address space that has got its first log of pages.</summary>
    public void AddSpace()
    {
        _loggedSpaces++;
        Update();
    }

    /// <summary>Counts an address space that has lost its last log of pages.</summary>
    public void RemoveSpace()
    {
        _loggedSpaces--;
        Update();
    }

    /// <summary>
    /// Reports that the engine has changed a frame's bytes, or lets them be changed from now on. Does nothing for a frame of a host window:
    /// no code is cached of it, and no log records it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(FrameNumber frame)
    {
        if (Any) Report(frame);
    }

    /// <summary>Reports that the engine has changed the bytes of some frames in a row.</summary>
    public void Note(FrameNumber first, FrameCount count)
    {
        for (uint i = 0; i < count.Value && Any; i++) Report(first + new FrameCount(i));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Report(FrameNumber frame)
    {
        if (frame.Value >= frames.Value) return;
        Code?.Changed(frame);
        Logs.Note(frame.Value);
    }

    private void Update() => Any = Code is not null || !Logs.IsEmpty || _loggedSpaces != 0;
}
