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
/// arguments, one after the other, for only a process itself can change its mappings. They are calls of 64-bit code, since a 32-bit one
/// that all processors have, <c>int 0x80</c>, leaves a virtual machine (int80_is_external reads the APIC). A guest that jumps here gains
/// nothing: its system calls never reach the host's kernel, from any address.
/// </remarks>
internal static class StubProgram
{
    /// <summary>The address of its code, and of the page of orders after it.</summary>
    public const uint CodeAt = 0xFFFF_8000, OrdersAt = CodeAt + 0x1000, End = OrdersAt + 0x1000;

    /// <summary>The end of the addresses that a 32-bit process of a 64-bit kernel has.</summary>
    public const uint AddressEnd = 0xFFFF_E000;

    /// <summary>The address of the loop over orders, and those of the stops after a refused order and after the last one.</summary>
    public const uint LoopAt = CodeAt + LoopOffset, RefusedAt = LoopAt + 0x2D, DoneAt = LoopAt + 0x32;

    /// <summary>The end of the loop, which is also the end of the code that goes on in a program.</summary>
    public const uint LoopEnd = LoopAt + 0x52;

    /// <summary>The selector of 64-bit code. Linux: __USER_CS.</summary>
    public const uint CodeOf64Bits = 0x33;

    /// <summary>The address of a byte that blocks system calls: SYSCALL_DISPATCH_FILTER_BLOCK.</summary>
    public const uint BlockAt = CodeAt + BlockOffset;

    /// <summary>The address of its filter of system calls before there are orders: <c>struct sock_fprog</c> of i386.</summary>
    public const uint FilterAt = LoadAt + FilterOffset;

    /// <summary>The address of the code that loads data selectors from EAX, EBX, ECX and EDX, and that of the stop after it.</summary>
    public const uint SelectorsAt = CodeAt + SelectorsOffset, SelectorsLoadedAt = SelectorsAt + 9;

    /// <summary>
    /// The address of the code that sets the flags from the word at ESP: ptrace(2) leaves the identification flag as it is. The words are
    /// those without it and with it.
    /// </summary>
    public const uint FlagsAt = CodeAt + FlagsOffset, PlainFlagsAt = FlagsAt + 8, IdentificationFlagsAt = FlagsAt + 12;

    /// <summary>The address of the code for one system call before there are orders; a stop follows it.</summary>
    public const uint SingleAt = LoadAt + SingleOffset;

    /// <summary>prctl(2): PR_SET_TSC, with PR_TSC_ENABLE or PR_TSC_SIGSEGV.</summary>
    public const uint SetTimeStamps = 26, AllowTimeStamps = 1, RefuseTimeStamps = 2;

    /// <summary>The stub's descriptors: RAM, the page of orders, and its own code.</summary>
    public const int RamFile = 3, OrdersFile = 4, CodeFile = 5;

    private const uint LoadAt = 0xD000_0000;    // where nothing else is when it starts: the stack may lie near the end
    private const int HeaderLength = 52, SegmentLength = 32, ByteLength = 0x180;
    private const int EntryOffset = 0x80, LoopOffset = 0xA0, SingleOffset = 0x100, BlockOffset = 0x107, SelectorsOffset = 0x108,
        FlagsOffset = 0x118, FilterOffset = 0x130, CallReturnOffset = LoopOffset + 0x24;
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
        file[BlockOffset] = StubOrders.Block;
        return file;
    }

    // ptrace(PTRACE_TRACEME), and a stop; exit(1) where it is refused
    private static ReadOnlySpan<byte> Entry =>
    [
        0xB8, 26, 0, 0, 0, 0x31, 0xDB, 0x31, 0xC9, 0xCD, 0x80,    // mov eax, 26; xor ebx, ebx; xor ecx, ecx; int 0x80
        0x85, 0xC0, 0x75, 0x01, Breakpoint,                       // test eax, eax; jnz +1; int3
        0xB8, 1, 0, 0, 0, 0xB3, 0x01, 0xCD, 0x80,                 // mov eax, 1; mov bl, 1; int 0x80
    ];

    // RBX points at the next order: seven words, the first of them negative after the last order.
    private static byte[] Loop =>
    [
        0x8B, 0x03, 0x8B, 0x7B, 0x04, 0x8B, 0x73, 0x08,                      // A0 mov eax,[rbx]; mov edi,[rbx+4]; mov esi,[rbx+8]
        0x8B, 0x53, 0x0C, 0x44, 0x8B, 0x53, 0x10,                            // A8 mov edx,[rbx+12]; mov r10d,[rbx+16]
        0x44, 0x8B, 0x43, 0x14, 0x44, 0x8B, 0x4B, 0x18,                      // AF mov r8d,[rbx+20]; mov r9d,[rbx+24]
        0x49, 0xC1, 0xE1, 0x0C, 0x83, 0xC3, 0x1C,                            // B7 shl r9,12: a number of pages; add ebx,28
        0x85, 0xC0, 0x78, 0x0B,                                              // BE test eax,eax; js CD
        0x0F, 0x05,                                                          // C2 syscall
        0x48, 0x3D, 0x01, 0xF0, 0xFF, 0xFF, 0x72, 0xD4, Breakpoint,          // C4 cmp rax,-4095; jb A0; int3
        0xFF, 0xC0, 0x75, 0x01, Breakpoint,                                  // CD inc eax; jnz D2; int3
        0xBB, .. Bytes(StubOrders.RegistersAt),                              // D2 mov ebx,RegistersAt
        0x8B, 0x3B, 0x8B, 0x73, 0x04, 0x8B, 0x6B, 0x08, 0x8B, 0x53, 0x10,    // D7 mov edi,[rbx]; esi,[rbx+4]; ebp,[rbx+8]; edx,[rbx+16]
        0x8B, 0x4B, 0x14, 0x8B, 0x43, 0x18,                                  // E2 mov ecx,[rbx+20]; mov eax,[rbx+24]
        0xBC, .. Bytes(StubOrders.FrameAt),                                  // E8 mov esp,FrameAt
        0x8B, 0x5B, 0x0C, 0x48, 0xCF,                                        // ED mov ebx,[rbx+12]; iretq
    ];

    private static ReadOnlySpan<byte> Single => [0xCD, 0x80, Breakpoint];

    // mov ds, eax; mov es, ebx; mov fs, ecx; mov gs, edx
    private static ReadOnlySpan<byte> Selectors => [0x8E, 0xD8, 0x8E, 0xC3, 0x8E, 0xE1, 0x8E, 0xEA, Breakpoint];

    // popf; int3; six bytes between; the two words
    private static ReadOnlySpan<byte> Flags => [0x9D, Breakpoint, 0, 0, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0x02, 0x02, 0x20, 0];

    /// <summary>
    /// Every call but those of the loop is SIGSYS, among them those of the vsyscall page, which the host's kernel emulates in its handler
    /// of page faults. Linux: emulate_vsyscall, secure_computing; struct seccomp_data.
    /// </summary>
    private static void WriteFilter(Span<byte> at)
    {
        const uint calls64 = 0xC000_003E, allow = 0x7FFF_0000, trap = 0x0003_0000;    // AUDIT_ARCH_X86_64, SECCOMP_RET_…
        const ushort loadWord = 0x20, jumpIfEqual = 0x15, answer = 0x06;
        const int instructionsAt = 8, instructionLength = 8, architectureOffset = 4, addressOffset = 8;
        ReadOnlySpan<(ushort Code, byte IfFalse, uint Operand)> program =
        [
            (loadWord, 0, architectureOffset), (jumpIfEqual, 5, calls64),
            (loadWord, 0, addressOffset), (jumpIfEqual, 3, CodeAt + CallReturnOffset),
            (loadWord, 0, addressOffset + sizeof(uint)), (jumpIfEqual, 1, 0),
            (answer, 0, allow), (answer, 0, trap),
        ];
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

    private static byte[] Bytes(uint word) => BitConverter.GetBytes(word);

    private static void Put16(Span<byte> bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);

    private static void Put32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
