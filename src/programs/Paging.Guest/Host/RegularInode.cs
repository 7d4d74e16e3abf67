using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>A regular file, however many names and open descriptions it has; its bytes are a file of the engine. Linux: inode.</summary>
internal abstract class RegularInode(GuestFile file)
{
    /// <summary>Its bytes.</summary>
    public GuestFile File => file;

    /// <summary>Open descriptions, and address spaces that execute it.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Descriptions of it that are open for writing. Linux: i_writecount above zero.</summary>
    public int WriterCount { get; set; }

    /// <summary>Address spaces that execute it; writers and they exclude each other (ETXTBSY). Linux: i_writecount below zero.</summary>
    public int ExecutorCount { get; private set; }

    /// <summary>What fstat(2) says, with what the guest knows better than the host.</summary>
    public abstract Errno Status(out FileStatus status);

    /// <summary>Bytes were read at this time.</summary>
    public abstract void NoteAccess(long now);

    /// <summary>Bytes were written at this time.</summary>
    public abstract void NoteWrite(long now);

    /// <summary>The guest has just made it.</summary>
    public virtual void NoteBirth(long now) { }

    public abstract Errno ChangeMode(FileModes mode);

    public abstract Errno ChangeOwner(uint user, uint group);

    public abstract Errno SetTimes(ReadOnlySpan<long> times);

    /// <summary>A write of so many bytes may take pages. ENOSPC: its file system has not so many.</summary>
    public virtual Errno JudgeWrite(int byteLength) => Errno.None;

    public void Opened()
    {
        if (OpenCount++ == 0) FirstOpened();
    }

    public void Closed()
    {
        if (--OpenCount == 0) LastClosed();
    }

    /// <summary>A program runs it: it stays known as if it were open. Linux: exe_file_deny_write_access.</summary>
    public void Executed()
    {
        ExecutorCount++;
        Opened();
    }

    public void ExecutionEnded()
    {
        ExecutorCount--;
        Closed();
    }

    protected virtual void FirstOpened() { }

    protected virtual void LastClosed() { }
}
