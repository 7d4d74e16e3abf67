using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>The system call that a thread is in, or has just left: what was asked, and what is kept between two tries.</summary>
/// <remarks>Written by the scheduler and the calls.</remarks>
internal sealed class CallInProgress
{
    /// <summary>The system call has not returned yet.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>Its number; of the last call, when none is under way.</summary>
    public uint Number { get; set; }

    /// <summary>Its six words.</summary>
    public CallArguments Arguments { get; set; }

    /// <summary>When the call gives up, in the guest's nanoseconds; none: never.</summary>
    public long? Deadline { get; set; }

    /// <summary>Bytes or messages that the call has dealt with in its tries before this one.</summary>
    public int Done { get; set; }

    /// <summary>What the call waits for, where others need to know.</summary>
    public IAwaited? Awaited { get; set; }

    /// <summary>
    /// The open files behind the call's descriptors, while it waits: a descriptor may be closed or another file's meanwhile. Linux: fdget.
    /// </summary>
    public HeldFile[] HeldFiles { get; private set; } = [];

    /// <summary>Bytes that a call has taken out of a stream, for which there was no page: the next read of it gets them.</summary>
    public (OpenDescription From, byte[] Bytes)? Kept { get; set; }

    /// <summary>The result of a call that is over, but for a userfaultfd that has not read what it has changed.</summary>
    public CallResult? Held { get; set; }

    /// <summary>How many changes of mappings were reported to userfaultfds before the call.</summary>
    public long SeenChanges { get; set; }

    /// <summary>What restart_syscall(2) goes on with.</summary>
    public RestOfCall? Rest { get; set; }

    /// <summary>What the call returned, for the signals that come before the program goes on; none between calls.</summary>
    public CallResult? Returned { get; set; }

    /// <summary>What the call it waits in returns should a signal come.</summary>
    public CallResult Interrupted { get; set; }

    /// <summary>The file was found behind another number than the call's first word: that of the call that socketcall(2) makes.</summary>
    public void RenumberHeld(Descriptor number)
    {
        if (HeldFiles.Length != 0) HeldFiles = [HeldFiles[0] with { Number = number }];
    }

    /// <summary>What the call waits with stays open, if it is more than what is held already.</summary>
    public void HoldFiles(HeldFile[] files)
    {
        if (files.Length <= HeldFiles.Length) return;
        foreach (HeldFile held in files) held.File.Hold();
        LetGoOfFiles();
        HeldFiles = files;
    }

    private void LetGoOfFiles()
    {
        HeldFile[] held = HeldFiles;
        HeldFiles = [];
        foreach (HeldFile one in held) one.File.Release();
    }

    /// <summary>The call is over: nothing is left of it but its number, its arguments and its result.</summary>
    public void Leave()
    {
        IsUnderWay = false;
        Deadline = null;
        Done = 0;
        IAwaited? awaited = Awaited;
        Awaited = null;
        Held = null;
        LetGoOfFiles();
        awaited?.Left();
    }
}
