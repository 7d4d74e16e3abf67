using System.Buffers.Binary;

namespace Paging.Processors.DirectExecution;

//   0                                       C0000000          FFFF8000       FFFF9000       FFFFE000
//  ┌── a guest's pages, as its tables show them ──┬──── … ──────┬──────┬───────┬─ … ─┐
//  │ each a piece of the file that is RAM         │  nothing    │ code │ orders│     │
//  └──────────────────────────────────────────────┴─────────────┴──────┴───────┴─────┘
/// <summary>
/// The program of a process whose memory is then a guest's: one page of code that changes the process's own mappings by order.
/// </summary>
/// <remarks>
/// It begins by asking to be traced, and stops. Later it is run only to carry out orders (<see cref="StubOrders"/>): system calls with six
/// arguments, one after the other, for only a process itself can change its mappings. A guest that jumps here gains nothing: its system
/// calls never reach the host's kernel, from any address.
/// </remarks>
internal static class StubProgram
{
    /// <summary>The address of its code, and of the page of orders behind it.</summary>
    public const uint CodeAt = 0xFFFF_8000, OrdersAt = CodeAt + 0x1000, End = OrdersAt + 0x1000;

    /// <summary>The end of the addresses that a 32-bit process of a 64-bit kernel has.</summary>
    public const uint AddressEnd = 0xFFFF_E000;

    /// <summary>The address of the loop over orders, and those of the stops behind a refused order and behind the last one.</summary>
    public const uint LoopAt = CodeAt + LoopOffset, RefusedAt = CodeAt + RefusedOffset + 1, DoneAt = CodeAt + DoneOffset + 1;

    /// <summary>The address of its filter of system calls before there are orders: <c>struct sock_fprog</c> of i386.</summary>
    public const uint FilterAt = LoadAt + FilterOffset;

    /// <summary>The address of the code that loads data selectors from EAX, EBX, ECX and EDX, and that of the stop behind it.</summary>
    public const uint SelectorsAt = CodeAt + SelectorsOffset, SelectorsLoadedAt = SelectorsAt + 9;

    /// <summary>
    /// The address of the code that sets the flags from the word at ESP: ptrace(2) leaves the identification flag as it is. The words are
    /// those without it and with it.
    /// </summary>
    public const uint FlagsAt = CodeAt + FlagsOffset, PlainFlagsAt = FlagsAt + 8, IdentificationFlagsAt = FlagsAt + 12;

    /// <summary>The address of the code for one system call before there are orders; a stop follows it.</summary>
    public const uint SingleAt = LoadAt + SingleOffset;

    /// <summary>The stub's descriptors: RAM, the page of orders, and its own code.</summary>
    public const int RamFile = 3, OrdersFile = 4, CodeFile = 5;

    private const uint LoadAt = 0xD000_0000;    // where nothing else is when it starts: the stack may lie near the end
    private const int HeaderLength = 52, SegmentLength = 32, ByteLength = 0x140;
    private const int EntryOffset = 0x80, LoopOffset = 0xA0, RefusedOffset = 0xC0, DoneOffset = 0xD0, SingleOffset = 0xE0,
        SelectorsOffset = 0xF0, FilterOffset = 0x100, FlagsOffset = 0x128;
    private const byte Breakpoint = 0xCC;

    /// <summary>An ELF file of one segment.</summary>
    public static byte[] Build()
    {
        byte[] file = new byte[ByteLength];
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1];
        identity.CopyTo(file);
        Put16(file, 16, 2);                // ET_EXEC
        Put16(file, 18, 3);                // EM_386
        Put32(file, 20, 1);                // version
        Put32(file, 24, LoadAt + EntryOffset);
        Put32(file, 28, HeaderLength);     // where the program headers begin
        Put16(file, 40, HeaderLength);
        Put16(file, 42, SegmentLength);
        Put16(file, 44, 2);
        Span<byte> code = file.AsSpan(HeaderLength), stack = code[SegmentLength..];
        Put32(code, 0, 1);                 // PT_LOAD
        Put32(code, 8, LoadAt);
        Put32(code, 12, LoadAt);
        Put32(code, 16, ByteLength);
        Put32(code, 20, ByteLength);
        Put32(code, 24, 5);                // PF_R, PF_X
        Put32(code, 28, 0x1000);
        Put32(stack, 0, 0x6474_E551);      // PT_GNU_STACK, without PF_X: readable pages need not be executable
        Put32(stack, 24, 6);
        Entry.CopyTo(file.AsSpan(EntryOffset));
        Loop.CopyTo(file.AsSpan(LoopOffset));
        Single.CopyTo(file.AsSpan(SingleOffset));
        Selectors.CopyTo(file.AsSpan(SelectorsOffset));
        WriteFilter(file.AsSpan(FilterOffset));
        Flags.CopyTo(file.AsSpan(FlagsOffset));
        file[RefusedOffset] = file[DoneOffset] = Breakpoint;
        return file;
    }

    // ptrace(PTRACE_TRACEME), and a stop; exit(1) where it is refused
    private static ReadOnlySpan<byte> Entry =>
    [
        0xB8, 26, 0, 0, 0, 0x31, 0xDB, 0x31, 0xC9, 0xCD, 0x80,    // mov eax, 26; xor ebx, ebx; xor ecx, ecx; int 0x80
        0x85, 0xC0, 0x75, 0x01, Breakpoint,                       // test eax, eax; jnz +1; int3
        0xB8, 1, 0, 0, 0, 0xB3, 0x01, 0xCD, 0x80,                 // mov eax, 1; mov bl, 1; int 0x80
    ];

    // ESP points at the next order: seven words, the first of them 0 behind the last order.
    private static ReadOnlySpan<byte> Loop =>
    [
        0xBC, 0x00, 0x90, 0xFF, 0xFF,              // A0 mov esp, OrdersAt
        0x58, 0x85, 0xC0, 0x74, 0x26,              // A5 pop eax; test eax, eax; jz D0
        0x5B, 0x59, 0x5A, 0x5E, 0x5F, 0x5D,        // AA pop ebx, ecx, edx, esi, edi, ebp
        0xCD, 0x80,                                // B0 int 0x80
        0x3D, 0x01, 0xF0, 0xFF, 0xFF, 0x72, 0xEC,  // B2 cmp eax, -4095; jb A5
        0xEB, 0x05,                                // B9 jmp C0
    ];

    private static ReadOnlySpan<byte> Single => [0xCD, 0x80, Breakpoint];

    // mov ds, eax; mov es, ebx; mov fs, ecx; mov gs, edx
    private static ReadOnlySpan<byte> Selectors => [0x8E, 0xD8, 0x8E, 0xC3, 0x8E, 0xE1, 0x8E, 0xEA, Breakpoint];

    // popf; int3; six bytes between; the two words
    private static ReadOnlySpan<byte> Flags => [0x9D, Breakpoint, 0, 0, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0x02, 0x02, 0x20, 0];

    /// <summary>
    /// Calls of 64-bit code are SIGSYS. Under PTRACE_SYSEMU no other call comes to the filter than those of the vsyscall page, which the
    /// host's kernel emulates in its page-fault handler. Linux: emulate_vsyscall, secure_computing.
    /// </summary>
    private static void WriteFilter(Span<byte> at)
    {
        const uint calls386 = 0x4000_0003, allow = 0x7FFF_0000, trap = 0x0003_0000;    // AUDIT_ARCH_I386, SECCOMP_RET_…
        const ushort loadWord = 0x20, jumpIfEqual = 0x15, answer = 0x06;
        const int instructionsAt = 8, instructionLength = 8, architectureOffset = 4;
        ReadOnlySpan<(ushort Code, byte IfFalse, uint Operand)> program =
            [(loadWord, 0, architectureOffset), (jumpIfEqual, 1, calls386), (answer, 0, allow), (answer, 0, trap)];
        Put16(at, 0, (ushort)program.Length);
        Put32(at, 4, FilterAt + instructionsAt);
        for (int i = 0; i < program.Length; i++)
        {
            Span<byte> one = at[(instructionsAt + (i * instructionLength))..];
            Put16(one, 0, program[i].Code);
            one[3] = program[i].IfFalse;
            Put32(one, 4, program[i].Operand);
        }
    }

    private static void Put16(Span<byte> bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);

    private static void Put32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
