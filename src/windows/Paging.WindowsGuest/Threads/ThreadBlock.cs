using Paging.Native;
using Paging.Windows;
using Paging.Windows.Spaces;

namespace Paging.WindowsGuest.Threads;

//   FS:000  first exception frame      018  its own address       030  process block        E0C  start of the stack's allocation
//      004  end of the stack           020  process number        034  last error           E10  64 slots for TlsAlloc
//      008  lowest address in use      024  thread number
//      02C  table of thread storage
//   additions: FD0 that table, FE0 errno of the C library
/// <summary>The page of a thread that FS leads to: data that its code and the system's share.</summary>
/// <remarks>Windows: TEB, whose offsets are in ntdll's public symbols (winternl.h names some).</remarks>
internal readonly struct ThreadBlock(WindowsProcess process, VirtualAddress address)
{
    public const uint ByteLength = 0x1000, SlotCount = 64, NoFrame = 0xFFFF_FFFF;    // TLS_MINIMUM_AVAILABLE; EXCEPTION_CHAIN_END

    private const uint StorageTable = 0xFD0, ErrnoOffset = 0xFE0;    // fields behind those of Windows

    private const uint Frame = 0, StackBase = 4, StackLimit = 8, Self = 0x18, ProcessId = 0x20, ThreadId = 0x24, Block = 0x30,
        Error = 0x34, Storage = 0x2C, StackAllocation = 0xE0C, Slots = 0xE10;

    /// <summary>The address of the block.</summary>
    public VirtualAddress Address => address;

    /// <summary>The chain of exception frames; <see cref="NoFrame"/> ends it.</summary>
    public uint FirstFrame => Read(Frame);

    /// <summary>Changes the chain of exception frames.</summary>
    public void SetFirstFrame(uint frame) => Write(Frame, frame);

    /// <summary>The address of the C library's errno.</summary>
    public VirtualAddress ErrnoPlace => address + ErrnoOffset;

    /// <summary>Writes the address of the thread's copy of the image's thread storage: the table has one word, for index 0.</summary>
    public void SetStorage(VirtualAddress copy)
    {
        Write(Storage, (address + StorageTable).Value);
        Write(StorageTable, copy.Value);
    }

    /// <summary>The result of GetLastError.</summary>
    public uint LastError => Read(Error);

    /// <summary>Sets the result of GetLastError.</summary>
    public void SetLastError(Win32Error error) => Write(Error, (uint)error);

    /// <summary>Fills the block for a new thread.</summary>
    public void Begin(uint processId, uint threadId, VirtualAddress processBlock, StackBounds stack)
    {
        Write(Frame, NoFrame);
        Write(Self, address.Value);
        Write(ProcessId, processId);
        Write(ThreadId, threadId);
        Write(Block, processBlock.Value);
        Write(StackBase, stack.Base.Value);
        Write(StackAllocation, stack.Allocation.Value);
        Show(stack);
    }

    /// <summary>Writes the stack's lowest address in use into the block.</summary>
    public void Show(StackBounds stack) => Write(StackLimit, stack.Limit.Value);

    /// <summary>A slot of TlsAlloc: below <see cref="SlotCount"/>.</summary>
    public uint GetSlot(uint index) => Read(Slots + (index * 4));

    /// <summary>Changes a slot.</summary>
    public void SetSlot(uint index, uint value) => Write(Slots + (index * 4), value);

    private uint Read(uint offset) => process.Access.TryRead(address + offset, out uint word, out _) ? word : 0;

    private void Write(uint offset, uint word) => process.Access.TryWrite(address + offset, word, out _);
}
