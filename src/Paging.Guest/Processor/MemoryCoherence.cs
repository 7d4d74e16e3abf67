using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Processor;

/// <summary>What the processor holds of memory (a TLB, translated code), and when it must let go of it.</summary>
/// <remarks>
/// A real processor is told by an interrupt from another one, and snoops its code. Here the engine leaves word:
/// <see cref="TranslationCache.Epoch"/>
/// and <see cref="CodeFrames"/>, looked at before the program goes on.
/// </remarks>
internal sealed class MemoryCoherence
{
    private readonly PagingEngine _engine;
    private readonly UnicornMachine _machine;
    private readonly CodeFrames _code;
    private FrameNumber _directory;    // what CR3 holds
    private ulong _epoch;              // of the process's translations, when the TLB was flushed last

    public MemoryCoherence(PagingEngine engine, UnicornMachine machine)
    {
        _engine = engine;
        _machine = machine;
        engine.Ram.Code = _code = new(engine.Ram.FrameCount);
    }

    /// <summary>The process whose directory CR3 holds; null while it holds that of no process.</summary>
    public UserProcess? Process { get; private set; }

    /// <summary>For tests only: how the TLB is kept up to date.</summary>
    public FlushPolicy Policy { get; set; }

    public long FlushCount { get; private set; }

    public long TranslationCount { get; private set; }

    public long DroppedFrameCount => _code.ChangedCount;

    /// <summary>True while translated code waits to be dropped.</summary>
    public bool HasStaleCode => _code.HasChanged;

    /// <summary>Loads CR3, if it is not what it should be already.</summary>
    /// <param name="process">The process whose memory the code is to see.</param>
    /// <param name="isRestored">CR3 has come with a context and may be anything.</param>
    public void Enter(UserProcess process, bool isRestored)
    {
        if (!isRestored && process == Process && process.Memory.PageDirectory == _directory) return;
        Process = process;
        _directory = process.Memory.PageDirectory;
        _epoch = process.Memory.Mmu.Epoch;
        _machine.LoadDirectory(_directory);
        FlushCount++;
    }

    /// <summary>CR3 is not a process's any more.</summary>
    public void Leave()
    {
        Process = null;
        _directory = default;
    }

    /// <summary>Lets go of whatever the engine has taken away. Only while the library is not executing.</summary>
    public void BringUpToDate()
    {
        if (_code.HasChanged) _machine.DropCode(_code);
        FlushIfAsked();
    }

    /// <summary>Empties the TLB if the engine has taken a translation away since.</summary>
    public void FlushIfAsked()
    {
        ulong epoch = Process!.Memory.Mmu.Epoch;
        if (Policy == FlushPolicy.Always || (epoch != _epoch && Policy == FlushPolicy.WhenAsked))
        {
            _machine.FlushTranslations();
            FlushCount++;
        }

        _epoch = epoch;
    }

    /// <summary>A block has been translated: its code lies in the frame of its first byte, and in that of its last.</summary>
    public void NoteBlock(VirtualAddress first, int byteLength)
    {
        if (Process is null) return;    // while ring 3 is entered for the first time
        TranslationCount++;
        NoteCode(first.Page);
        PageNumber last = (first + (uint)Math.Max(byteLength - 1, 0)).Page;
        if (last != first.Page) NoteCode(last);
    }

    /// <summary>What the tables say of a page, as the processor walks them; no bit is set.</summary>
    public WalkResult Peek(PageNumber page) => _engine.Options.Tables == TableFormat.Pae
        ? PaeWalker.Peek(_engine.Ram, _directory, page)
        : Walker.Peek(_engine.Ram, _directory, page);

    /// <summary>Tells the engine that its code is no longer translated.</summary>
    public void Detach() => _engine.Ram.Code = null;

    /// <summary>From now on the engine's own stores to this frame must be seen: its cached translations to write would hide them.</summary>
    private void NoteCode(PageNumber page)
    {
        WalkResult walk = Peek(page);
        if (!walk.Succeeded || !_code.Mark(walk.Physical.Frame)) return;
        _engine.ForgetWriteTranslations();
    }
}
