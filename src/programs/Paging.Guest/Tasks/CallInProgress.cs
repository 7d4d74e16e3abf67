using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tasks;

/// <summary>The current or last system call of a thread: its arguments, and its state between two tries.</summary>
/// <remarks>Written by the scheduler and the calls.</remarks>
internal sealed class CallInProgress
{
    /// <summary>True if the call has not returned yet.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>The number of the current or last call.</summary>
    public uint Number { get; set; }

    /// <summary>The call's six words.</summary>
    public CallArguments Arguments { get; set; }

    /// <summary>The call's timeout, in the guest's nanoseconds, or null.</summary>
    public long? Deadline { get; set; }

    /// <summary>Bytes or messages that earlier tries of the call have processed.</summary>
    public int Done { get; set; }

    /// <summary>The messages that sendmmsg or recvmmsg has finished; <see cref="Done"/> counts the bytes of the next one.</summary>
    public int MessageCount { get; set; }

    /// <summary>When recvmmsg asks for no more messages, in the guest's nanoseconds, or null.</summary>
    public long? MessagesEnd { get; set; }

    /// <summary>The object that the call waits for, if others need it.</summary>
    public IAwaited? Awaited { get; set; }

    /// <summary>
    /// The open files of the call's descriptors, while it waits: a descriptor may be closed or reused meanwhile. Linux: fdget.
    /// </summary>
    public HeldFile[] HeldFiles { get; private set; } = [];

    /// <summary>Bytes taken from a stream that could not be copied for want of a page; the next read returns them.</summary>
    public (OpenDescription From, byte[] Bytes)? Kept { get; set; }

    /// <summary>
    /// The result of a finished call that waits until a userfaultfd's reader has read its event, or until the pages are there that it fills
    /// or writes its results to.
    /// </summary>
    public CallResult? Held { get; set; }

    /// <summary>The pages that a held call has still to fill; null for none.</summary>
    public PendingFill? Fill { get; set; }

    /// <summary>The results that a held call has still to write; null for none.</summary>
    public LateWrites? LateWrites { get; set; }

    /// <summary>The memory in which the call waits for a page, if it is another process's.</summary>
    public SharedMemory? Elsewhere { get; set; }

    /// <summary>The number of mapping changes reported to userfaultfds before the call.</summary>
    public long SeenChanges { get; set; }

    /// <summary>The state for restart_syscall(2).</summary>
    public RestOfCall? Rest { get; set; }

    /// <summary>The call's result, for signals delivered before the program continues; null between calls.</summary>
    public CallResult? Returned { get; set; }

    /// <summary>The call's result if a signal interrupts its wait.</summary>
    public CallResult Interrupted { get; set; }

    /// <summary>Notes the end of a message of several: the next one begins with nothing done.</summary>
    public void FinishMessage()
    {
        MessageCount++;
        (Done, Deadline) = (0, null);
    }

    /// <summary>Changes the descriptor of the held file, which for socketcall(2) is not the call's first word.</summary>
    public void RenumberHeld(Descriptor number)
    {
        if (HeldFiles.Length != 0) HeldFiles = [HeldFiles[0] with { Number = number }];
    }

    /// <summary>Holds the files that the call waits for, if they are more than those already held.</summary>
    public void HoldFiles(HeldFile[] files)
    {
        if (files.Length <= HeldFiles.Length) return;    // already held since the first try
        foreach (HeldFile held in files) held.File.Hold();    // before the old ones are released: they may be the same
        LetGoOfFiles();
        HeldFiles = files;
    }

    private void LetGoOfFiles()
    {
        HeldFile[] held = HeldFiles;
        HeldFiles = [];
        foreach (HeldFile one in held) one.File.Release();
    }

    /// <summary>Clears everything but number, arguments and result of a finished call.</summary>
    public void Leave()
    {
        IsUnderWay = false;
        Deadline = null;
        (Done, MessageCount, MessagesEnd) = (0, 0, null);
        IAwaited? awaited = Awaited;
        Awaited = null;
        (Held, Fill, LateWrites, Elsewhere) = (null, null, null, null);
        LetGoOfFiles();
        awaited?.Left();    // last: it may release files, which wakes others
    }
}
