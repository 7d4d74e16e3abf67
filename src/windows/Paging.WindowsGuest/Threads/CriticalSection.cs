using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Threads;

//   00 debug information   04 lock count: −1 and one for each that has it or waits   08 recursion   0C owner   10 semaphore   14 spins
/// <summary>A critical section in a program's memory: 24 bytes. It passes from thread to thread in the order of their turns.</summary>
/// <remarks>Windows: RTL_CRITICAL_SECTION (winnt.h). One processor: spinning is of no use, and the number is only kept.</remarks>
internal readonly struct CriticalSection(WindowsProcess process, uint place)
{
    public const uint ByteLength = 24;    // sizeof(RTL_CRITICAL_SECTION) of 32 bits

    private const uint LockCount = 4, Recursion = 8, Owner = 12, Spins = 20, NoDebugInformation = uint.MaxValue;

    /// <summary>Makes a free critical section.</summary>
    public void Begin(uint spinCount)
    {
        ReadOnlySpan<uint> words = [NoDebugInformation, uint.MaxValue, 0, 0, 0, spinCount];    // -1: free
        for (int i = 0; i < words.Length; i++) Write((uint)i * 4, words[i]);
    }

    /// <summary>Takes the section if no other thread has it or waits for it.</summary>
    public bool TryEnter(GuestThread thread)
    {
        bool isOwner = Read(Recursion) != 0 && Read(Owner) == thread.Id;    // an owner alone may be stale
        if (!isOwner && Read(LockCount) != uint.MaxValue) return false;    // others wait: it passes in their order
        Write(LockCount, Read(LockCount) + 1);
        Write(Recursion, Read(Recursion) + 1);
        Write(Owner, thread.Id);
        return true;
    }

    /// <summary>Makes the thread wait. The thread has the section when the result is taken.</summary>
    public Waitable Await()
    {
        Write(LockCount, Read(LockCount) + 1);
        return new Turn(process, place);
    }

    /// <summary>Gives the section back once.</summary>
    public void Leave()
    {
        uint depth = Read(Recursion);
        Write(LockCount, Read(LockCount) - 1);
        Write(Recursion, depth - 1);
        if (depth == 1) Write(Owner, 0);    // last: its owner gave all of its turns back
    }

    /// <summary>Changes the number of spins. Returns the one before.</summary>
    public uint SetSpinCount(uint count)
    {
        uint before = Read(Spins);
        Write(Spins, count);
        return before;
    }

    /// <summary>Ends the section.</summary>
    public void End()
    {
        for (uint offset = 0; offset < ByteLength; offset += 4) Write(offset, offset == LockCount ? uint.MaxValue : 0);
    }

    private uint Read(uint offset) => process.Access.TryRead(new VirtualAddress(place + offset), out uint word, out _) ? word : 0;

    private void Write(uint offset, uint word) => process.Access.TryWrite(new VirtualAddress(place + offset), word, out _);

    /// <summary>A thread's turn at a section that another one has.</summary>
    private sealed class Turn(WindowsProcess process, uint place) : Waitable
    {
        private readonly CriticalSection _section = new(process, place);

        public override bool IsSetFor(GuestThread thread) => _section.Read(Recursion) == 0;    // the lock count has the waiting ones

        public override bool Take(GuestThread thread)
        {
            _section.Write(Recursion, 1);    // its wait is in the lock count already
            _section.Write(Owner, thread.Id);
            return false;
        }
    }
}
