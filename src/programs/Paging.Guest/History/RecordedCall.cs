using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.History;

/// <summary>A system call of the program, with i386's numbers.</summary>
/// <param name="Number">EAX.</param>
/// <param name="B">EBX.</param>
/// <param name="D">EDX.</param>
/// <param name="S">ESI.</param>
internal readonly record struct RecordedCall(uint Number, uint B, uint D, uint S)
{
    private const uint NewTask = 120, NewTaskInMemory = 0x100;    // clone, CLONE_VM
    // Numbers of syscall_32.tbl
    private const uint OldMap = 90, Ipc = 117, ClassicReturn = 119, Map = 192, AttachOfIpc = 21, Attach = 397, Userfault = 374;
    private const uint SharedType = 1, ValidatedSharedType = 3, TypeMask = 0xF, WriteProtection = 2;
    private const uint ErrorsFrom = unchecked((uint)-4095);    // MAX_ERRNO (include/linux/err.h)

    public static RecordedCall Of(in GuestRegisters registers) => new(registers.Eax, registers.Ebx, registers.Edx, registers.Esi);

    /// <summary>
    /// Returns true if it changes more than registers and bytes: mappings, limits that page faults check, segments. brk, mmap, munmap,
    /// mprotect,
    /// mremap, madvise and their kin, setrlimit, modify_ldt, sigreturn; and vfork, whose child stores to this memory while the program
    /// waits.
    /// </summary>
    public bool ChangesMore(uint result) => Number switch
    {
        ClassicReturn or 173 => true,                                                     // its result is another call's
        45 or 75 or OldMap or 91 or Ipc or 123 or 125 or 163 or Map or 219 => result < ErrorsFrom,
        243 or 257 or 340 or 380 or 397 or 398 or 440 => result < ErrorsFrom,
        NewTask => (B & NewTaskInMemory) != 0,
        190 or 435 => true,                                                               // vfork, clone3
        _ => false,
    };

    /// <summary>Returns true if it maps memory that others can write, or whose pages others supply.</summary>
    public bool SharesMemory(GuestTask task, uint result) => result < ErrorsFrom && Number switch
    {
        Map => IsShared(D, S),
        OldMap => task.User.TryRead(new VirtualAddress(B + 8), out uint protection)
            && task.User.TryRead(new VirtualAddress(B + 12), out uint flags) && IsShared(protection, flags),
        Ipc => (B & 0xFFFF) == AttachOfIpc,
        Attach or Userfault => true,
        _ => false,
    };

    /// <summary>Returns true for shared writable mappings; files mapped read-only count as unchanged.</summary>
    private static bool IsShared(uint protection, uint flags) =>
        (flags & TypeMask) is SharedType or ValidatedSharedType && (protection & WriteProtection) != 0;
}
