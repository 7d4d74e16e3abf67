using System.Buffers.Binary;

namespace Paging.Bench.Host;

/// <summary>
/// The program that <see cref="BareProcess"/> runs: x86-64 machine code that executes orders, in an ELF file of one page.
/// </summary>
/// <remarks><code>
///   400000  ELF header, program headers, code                                                   read, execute
///   500000  scratch: 0 pipe that holds children (2 × 4 bytes)   64 clocks   256 usages          read, write
///   500400  steps of 64 bytes: 0 number   8 … 55 arguments   56 result; the last one is StepEnd
/// </code>
/// It reads steps from standard input until it has the last one, executes each, and writes scratch and steps to standard output.
/// A child that a step forks waits for a byte from the pipe, and ends.
/// </remarks>
internal static class BareProcessCode
{
    /// <summary>Not a system call: answer, and wait for the next order.</summary>
    public const long StepEnd = -1;

    /// <summary>Not a system call: store a byte into each of (second argument) pages from (first argument) on.</summary>
    public const long StepTouch = -2;

    /// <summary>Where the scratch lies in the process.</summary>
    public const long ScratchAddress = 0x50_0000;

    /// <summary>How long it is; the steps follow.</summary>
    public const int ScratchLength = 1024;

    /// <summary>How many bytes of steps one order may have.</summary>
    public const int StepsLengthMax = 0x1_0000;

    private const int ElfHeaderLength = 64, ProgramHeaderLength = 56;
    private const ulong CodeAddress = 0x40_0000;
    private const int CodeOffset = ElfHeaderLength + (2 * ProgramHeaderLength);

    private static ReadOnlySpan<byte> Code =>
    [
        // start
        0x41, 0xBC, 0x00, 0x00, 0x50, 0x00,             // mov r12d, 0x500000

        // again: read steps until the last one is here
        0x31, 0xDB,                                     // xor ebx, ebx             bytes so far
        0x31, 0xC0, 0x31, 0xFF,                         // more: xor eax, eax; xor edi, edi      read
        0x49, 0x8D, 0xB4, 0x1C, 0x00, 0x04, 0x00, 0x00, // lea rsi, [r12+rbx+1024]
        0xBA, 0x00, 0x00, 0x01, 0x00, 0x29, 0xDA,       // mov edx, 65536; sub edx, ebx
        0x0F, 0x05,                                     // syscall
        0x48, 0x85, 0xC0,                               // test rax, rax
        0x0F, 0x8E, 0xB3, 0x00, 0x00, 0x00,             // jle leave                no parent is left to give orders
        0x48, 0x01, 0xC3,                               // add rbx, rax
        0xF6, 0xC3, 0x3F, 0x75, 0xDA,                   // test bl, 63; jnz more
        0x49, 0x83, 0xBC, 0x1C, 0xC0, 0x03, 0x00, 0x00, 0xFF, // cmp qword [r12+rbx+1024-64], -1
        0x75, 0xCF,                                     // jne more
        0x4C, 0x8D, 0xAB, 0x00, 0x04, 0x00, 0x00,       // lea r13, [rbx+1024]      length of the answer
        0x49, 0x8D, 0x9C, 0x24, 0x00, 0x04, 0x00, 0x00, // lea rbx, [r12+1024]      the first step

        // step
        0x48, 0x8B, 0x03,                               // mov rax, [rbx]
        0x48, 0x83, 0xF8, 0xFF, 0x74, 0x4E,             // cmp rax, -1; je done
        0x48, 0x83, 0xF8, 0xFE, 0x74, 0x2F,             // cmp rax, -2; je touch
        0x48, 0x8B, 0x7B, 0x08,                         // mov rdi, [rbx+8]
        0x48, 0x8B, 0x73, 0x10,                         // mov rsi, [rbx+16]
        0x48, 0x8B, 0x53, 0x18,                         // mov rdx, [rbx+24]
        0x4C, 0x8B, 0x53, 0x20,                         // mov r10, [rbx+32]
        0x4C, 0x8B, 0x43, 0x28,                         // mov r8, [rbx+40]
        0x4C, 0x8B, 0x4B, 0x30,                         // mov r9, [rbx+48]
        0x0F, 0x05,                                     // syscall
        0x48, 0x85, 0xC0, 0x75, 0x06,                   // test rax, rax; jnz keep
        0x48, 0x83, 0x3B, 0x38, 0x74, 0x3A,             // cmp qword [rbx], 56; je child
        0x48, 0x89, 0x43, 0x38,                         // keep: mov [rbx+56], rax
        0x48, 0x83, 0xC3, 0x40, 0xEB, 0xC2,             // next: add rbx, 64; jmp step

        // touch
        0x48, 0x8B, 0x7B, 0x08,                         // mov rdi, [rbx+8]
        0x48, 0x8B, 0x4B, 0x10,                         // mov rcx, [rbx+16]
        0xC6, 0x07, 0x01,                               // each: mov byte [rdi], 1
        0x48, 0x81, 0xC7, 0x00, 0x10, 0x00, 0x00,       // add rdi, 4096
        0x48, 0xFF, 0xC9, 0x75, 0xF1,                   // dec rcx; jnz each
        0xEB, 0xE1,                                     // jmp next

        // done: answer
        0xB8, 0x01, 0x00, 0x00, 0x00,                   // mov eax, 1               write
        0xBF, 0x01, 0x00, 0x00, 0x00,                   // mov edi, 1
        0x4C, 0x89, 0xE6, 0x4C, 0x89, 0xEA,             // mov rsi, r12; mov rdx, r13
        0x0F, 0x05,                                     // syscall
        0xE9, 0x50, 0xFF, 0xFF, 0xFF,                   // jmp again

        // child: a fork among the steps; it dies with its parent, or when it is let go
        0xB8, 0x9D, 0x00, 0x00, 0x00,                   // mov eax, 157             prctl
        0xBF, 0x01, 0x00, 0x00, 0x00,                   // mov edi, 1               PR_SET_PDEATHSIG
        0xBE, 0x09, 0x00, 0x00, 0x00,                   // mov esi, 9               SIGKILL
        0x0F, 0x05,                                     // syscall
        0x31, 0xC0,                                     // xor eax, eax             read
        0x41, 0x8B, 0x3C, 0x24,                         // mov edi, [r12]
        0x49, 0x8D, 0x74, 0x24, 0x08,                   // lea rsi, [r12+8]
        0xBA, 0x01, 0x00, 0x00, 0x00,                   // mov edx, 1
        0x0F, 0x05,                                     // syscall

        // leave
        0x31, 0xFF,                                     // xor edi, edi
        0xB8, 0xE7, 0x00, 0x00, 0x00,                   // mov eax, 231             exit_group
        0x0F, 0x05,                                     // syscall
    ];

    /// <summary>The file: two loadable segments, the file itself and the memory to work in.</summary>
    public static byte[] ElfFile()
    {
        byte[] file = new byte[CodeOffset + Code.Length];
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];    // 64 bits, little-endian, version 1
        identity.CopyTo(file);
        Put16(file, 16, 2);                        // an executable
        Put16(file, 18, 62);                       // for x86-64
        Put32(file, 20, 1);
        Put64(file, 24, CodeAddress + CodeOffset);  // where it begins
        Put64(file, 32, ElfHeaderLength);          // where the program headers lie
        Put16(file, 52, ElfHeaderLength);
        Put16(file, 54, ProgramHeaderLength);
        Put16(file, 56, 2);
        PutSegment(file, ElfHeaderLength, flags: 5, CodeAddress, (ulong)file.Length, (ulong)file.Length);
        PutSegment(file, ElfHeaderLength + ProgramHeaderLength, flags: 6, ScratchAddress, 0, ScratchLength + StepsLengthMax);
        Code.CopyTo(file.AsSpan(CodeOffset));
        return file;
    }

    private static void PutSegment(byte[] file, int at, uint flags, ulong address, ulong fileLength, ulong memoryLength)
    {
        Put32(file, at, 1);    // to be loaded
        Put32(file, at + 4, flags);
        Put64(file, at + 16, address);
        Put64(file, at + 24, address);
        Put64(file, at + 32, fileLength);
        Put64(file, at + 40, memoryLength);
        Put64(file, at + 48, 4096);
    }

    internal static void Put16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    internal static void Put32(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    private static void Put64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
