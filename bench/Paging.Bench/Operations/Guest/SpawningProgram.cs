using System.Buffers.Binary;
using System.Text;
using static Paging.Bench.Host.BareProcessCode;

namespace Paging.Bench.Operations.Guest;

/// <summary>An i386 program that starts children one after the other and waits for each; machine code in an ELF file of one page.</summary>
internal static class SpawningProgram
{
    private const int ElfHeaderLength = 52, ProgramHeaderLength = 32, CodeOffset = ElfHeaderLength + ProgramHeaderLength;
    private const uint FileAddress = 0x0804_8000;

    // Places in the code: the count, the distance of the jump to the child's code, the address of the path. Then the distance to the exit.
    private const int CountAt = 1, ChildJumpAt = 15, PathAt = 40, ChildExits = 0x22;

    private static ReadOnlySpan<byte> Code =>
    [
        0xBF, 0, 0, 0, 0,                // mov edi, count
        0xB8, 2, 0, 0, 0, 0xCD, 0x80,    // again: mov eax, 2 (fork); int 0x80
        0x85, 0xC0, 0x74, 0x12,          // test eax, eax; jz child
        0x89, 0xC3,                      // mov ebx, eax
        0x31, 0xC9, 0x31, 0xD2,          // xor ecx, ecx; xor edx, edx
        0xB8, 7, 0, 0, 0, 0xCD, 0x80,    // mov eax, 7 (waitpid); int 0x80
        0x4F, 0x75, 0xE5, 0xEB, 0x10,    // dec edi; jnz again; jmp exit
        0xB8, 11, 0, 0, 0,               // child: mov eax, 11 (execve)
        0xBB, 0, 0, 0, 0,                // mov ebx, path
        0x31, 0xC9, 0x31, 0xD2,          // xor ecx, ecx; xor edx, edx
        0xCD, 0x80,                      // int 0x80
        0x31, 0xDB,                      // exit: xor ebx, ebx
        0xB8, 1, 0, 0, 0, 0xCD, 0x80,    // mov eax, 1 (exit); int 0x80
    ];

    /// <summary>The program that a child executes: it exits.</summary>
    public static byte[] Exiting() => ElfFile(Code[^9..]);

    /// <summary>The program.</summary>
    /// <param name="count">The number of children.</param>
    /// <param name="executed">The path of the program that each executes; null: it exits at once.</param>
    public static byte[] Spawning(int count, string? executed)
    {
        byte[] code = [.. Code, .. Encoding.UTF8.GetBytes(executed ?? ""), 0];
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(CountAt), count);
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(PathAt), FileAddress + (uint)(CodeOffset + Code.Length));
        if (executed is null) code[ChildJumpAt] = ChildExits;
        return ElfFile(code);
    }

    private static byte[] ElfFile(ReadOnlySpan<byte> code)
    {
        byte[] file = new byte[CodeOffset + code.Length];
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1];    // 32 bits, little-endian, version 1
        identity.CopyTo(file);
        Put16(file, 16, 2);    // an executable
        Put16(file, 18, 3);    // for i386
        Put32(file, 20, 1);
        Put32(file, 24, FileAddress + CodeOffset);    // where it begins
        Put32(file, 28, ElfHeaderLength);    // where the program header lies
        Put16(file, 40, ElfHeaderLength);
        Put16(file, 42, ProgramHeaderLength);
        Put16(file, 44, 1);
        uint[] header = [1, 0, FileAddress, FileAddress, (uint)file.Length, (uint)file.Length, 5, 4096];    // to be loaded; read, execute
        for (int i = 0; i < header.Length; i++) Put32(file, ElfHeaderLength + (4 * i), header[i]);
        code.CopyTo(file.AsSpan(CodeOffset));
        return file;
    }
}
