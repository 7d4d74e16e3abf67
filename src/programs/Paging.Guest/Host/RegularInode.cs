using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Host;

/// <summary>A regular file, with any number of names and open descriptions; its bytes are a file of the engine. Linux: inode.</summary>
internal abstract class RegularInode(GuestFile file)
{
    /// <summary>The bytes of the file.</summary>
    public GuestFile File => file;

    /// <summary>The form in which a checkpoint saves open descriptions of the file.</summary>
    public abstract SavedFileKind SavedKind { get; }

    /// <summary>Open descriptions, and address spaces that execute it.</summary>
    public int OpenCount { get; private set; }

    /// <summary>Descriptions of it that are open for writing. Linux: i_writecount above zero.</summary>
    public int WriterCount { get; set; }

    /// <summary>Address spaces that execute it; writers and they exclude each other (ETXTBSY). Linux: i_writecount below zero.</summary>
    public int ExecutorCount { get; private set; }

    /// <summary>Returns the status for fstat(2), with the guest's length and times.</summary>
    public abstract Errno Status(out FileStatus status);

    /// <summary>Notes a read at this time.</summary>
    public abstract void NoteAccess(long now);

    /// <summary>Notes a write at this time.</summary>
    public abstract void NoteWrite(long now);

    /// <summary>Notes that the guest has created it.</summary>
    public virtual void NoteBirth(long now) { }

    public abstract Errno ChangeMode(FileModes mode);

    public abstract Errno ChangeOwner(uint user, uint group);

    public abstract Errno SetTimes(ReadOnlySpan<long> times);

    /// <summary>Checks the room for a write of a number of bytes. Returns ENOSPC if its file system has too little.</summary>
    public virtual Errno CheckRoom(int byteLength) => Errno.None;

    public void Opened()
    {
        if (OpenCount++ == 0) FirstOpened();
    }

    public void Closed()
    {
        if (--OpenCount == 0) LastClosed();
    }

    /// <summary>Notes that a program executes it, which keeps it like an open description. Linux: exe_file_deny_write_access.</summary>
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
