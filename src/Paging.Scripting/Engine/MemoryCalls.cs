using Paging.Core;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Scripting;

/// <summary>The system calls on memory, from the dialect's numbers to the engine's calls.</summary>
internal static class MemoryCalls
{
    public static CallResult Execute(AddressSpace memory, in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => Map(memory, call),
        CallName.Munmap => CallResult.ZeroOr(memory.Unmap(Address(call.A0), Length(call.A1))),
        CallName.Mprotect => CallResult.ZeroOr(memory.Protect(Address(call.A0), Length(call.A1), (MemoryProtection)call.A2)),
        CallName.Mremap => Remap(memory, call),
        CallName.Madvise => CallResult.ZeroOr(memory.Advise(Address(call.A0), Length(call.A1), (MemoryAdvice)call.A2)),
        CallName.Msync => CallResult.ZeroOr(memory.Synchronize(Address(call.A0), Length(call.A1), (SyncFlags)call.A2)),
        CallName.Mlock => CallResult.ZeroOr(memory.Lock(Address(call.A0), Length(call.A1))),
        CallName.Munlock => CallResult.ZeroOr(memory.Unlock(Address(call.A0), Length(call.A1))),
        CallName.Mlock2 => CallResult.ZeroOr(memory.Lock(Address(call.A0), Length(call.A1), (LockFlags)call.A2)),
        CallName.Mlockall => CallResult.ZeroOr(memory.LockAll((LockAllFlags)call.A0)),
        CallName.Munlockall => CallResult.ZeroOr(memory.UnlockAll()),
        CallName.Brk => CallResult.Address(memory.SetBreak(Address(call.A0))),
        CallName.Mincore => InCore(memory, call),
        CallName.Rlimit => SetLimit(memory, call),
        _ => CallResult.Unsupported($"{call.Name} is not a call on memory"),
    };

    /// <summary>The i386 interface passes 32 bits.</summary>
    public static VirtualAddress Address(long argument) => new((uint)argument);

    private static uint Length(long argument) => (uint)argument;

    private static CallResult Map(AddressSpace memory, in ScenarioCall call)
    {
        Errno error = memory.Map(Address(call.A0), Length(call.A1), (MemoryProtection)call.A2, (MapFlags)call.A3, (int)call.A4,
            (ulong)call.A5, out VirtualAddress at);
        return error == Errno.None ? CallResult.Address(at) : CallResult.Error(error);
    }

    private static CallResult Remap(AddressSpace memory, in ScenarioCall call)
    {
        Errno error = memory.Remap(Address(call.A0), Length(call.A1), Length(call.A2), (RemapFlags)call.A3, Address(call.A4),
            out VirtualAddress at);
        return error == Errno.None ? CallResult.Address(at) : CallResult.Error(error);
    }

    private static CallResult InCore(AddressSpace memory, in ScenarioCall call)
    {
        byte[] pages = new byte[PageCount.Covering(Length(call.A1)).Value];
        Errno error = memory.InCore(Address(call.A0), Length(call.A1), pages);
        return error == Errno.None
            ? CallResult.Quoted(string.Create(pages.Length, pages, static (text, present) =>
            {
                for (int i = 0; i < present.Length; i++) text[i] = present[i] == 0 ? '0' : '1';
            }))
            : CallResult.Error(error);
    }

    private static CallResult SetLimit(AddressSpace memory, in ScenarioCall call)
    {
        memory.SetLimit((ResourceLimit)call.A0, (ulong)call.A1);
        return CallResult.Number(0);
    }
}
