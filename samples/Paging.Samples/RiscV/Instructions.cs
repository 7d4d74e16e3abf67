namespace Paging.Samples.RiscV;

/// <summary>Instructions as words, as an assembler makes them.</summary>
public static class Instructions
{
    /// <summary>Calls the environment: the end of a program.</summary>
    public const uint Ecall = 0x73;

    /// <summary>rd = upper, shifted left by 12 bits.</summary>
    public static uint Lui(int rd, uint upper) => (upper << 12) | ((uint)rd << 7) | 0x37;

    /// <summary>rd = rs + value.</summary>
    public static uint Addi(int rd, int rs, int value) => ((uint)value << 20) | ((uint)rs << 15) | ((uint)rd << 7) | 0x13;

    /// <summary>rd = a + b.</summary>
    public static uint Add(int rd, int a, int b) => ((uint)b << 20) | ((uint)a << 15) | ((uint)rd << 7) | 0x33;

    /// <summary>rd = the word at rs + offset.</summary>
    public static uint Lw(int rd, int rs, int offset) =>
        ((uint)offset << 20) | ((uint)rs << 15) | (2u << 12) | ((uint)rd << 7) | 0x03;

    /// <summary>The word at rs + offset = value.</summary>
    public static uint Sw(int value, int rs, int offset) =>
        ((uint)(offset >> 5) << 25) | ((uint)value << 20) | ((uint)rs << 15) | (2u << 12) | ((uint)(offset & 31) << 7) | 0x23;

    /// <summary>Goes on at the instruction's address + offset if a and b differ.</summary>
    public static uint Bne(int a, int b, int offset) =>
        ((uint)(offset >> 12 & 1) << 31) | ((uint)(offset >> 5 & 63) << 25) | ((uint)b << 20) | ((uint)a << 15) | (1u << 12)
            | ((uint)(offset >> 1 & 15) << 8) | ((uint)(offset >> 11 & 1) << 7) | 0x63;

    internal static int BranchOffset(uint word) =>
        ((int)word >> 31 << 12) | (int)((word >> 7 & 1) << 11) | (int)((word >> 25 & 63) << 5) | (int)((word >> 8 & 15) << 1);

    /// <summary>A program that stores 100, 99 … 1 in words 256 bytes apart, adds them up, and ends with the sum in x10.</summary>
    /// <param name="data">Where the words lie: a multiple of 4 KiB, with room for 25,600 bytes.</param>
    public static uint[] Sum(uint data) =>
    [
        Lui(1, data >> 12), Addi(2, 0, 100), Addi(3, 0, 0),
        Sw(2, 1, 0), Addi(1, 1, 256), Addi(2, 2, -1), Bne(2, 0, -12),
        Lui(1, data >> 12), Addi(2, 0, 100),
        Lw(4, 1, 0), Add(3, 3, 4), Addi(1, 1, 256), Addi(2, 2, -1), Bne(2, 0, -16),
        Addi(10, 3, 0), Ecall,
    ];
}
