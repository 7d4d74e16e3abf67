using System.Buffers.Binary;
using Paging.Scripting.Engine;

namespace Paging.WindowsChecking.Dialect;

//   SEED 0x5a4dNNNN:   bits 0 and 1 the base    2 and 3 the sections    4 to 6 the fault (0 to 4: none)    above: other contents
/// <summary>The files of a Windows scenario that are programs: small images in Microsoft's Portable Executable format.</summary>
/// <remarks>Source of the format: Microsoft, PE Format. The file is cut or filled with zeros to the requested length.</remarks>
public static class ScriptImage
{
    private const long Mark = 0x5A4D;
    private const int Optional = 0x58, FileAlignment = 0x200;
    private const uint Code = 0x6000_0020, ReadOnlyData = 0x4000_0040, Data = 0xC000_0040, CodeAndData = 0xE000_0060;
    private const uint CodeOnly = 0x2000_0020;

    /// <summary>True for a seed of a file that is an image.</summary>
    public static bool IsOne(long seed) => seed >> 16 == Mark;

    /// <summary>The first bytes of the file.</summary>
    /// <param name="seed">The seed of the image.</param>
    public static byte[] Make(long seed)
    {
        int shape = (int)(seed >> 2) & 3, damage = (int)(seed >> 4) & 7;
        (uint Place, uint Length, uint Flags)[] sections = shape switch
        {
            0 => [(0x1000, 0x200, Code), (0x2000, 0x2000, Data)],
            1 => [(0x1000, 0x1200, Code), (0x3000, 0x300, ReadOnlyData), (0x5000, 0x1000, Data)],    // a gap before and after
            2 => [(0x1000, 0x3000, CodeAndData)],
            _ => [(0x1000, 0x400, CodeOnly), (0x2000, 0x1800, Data), (0x4000, 0x100, ReadOnlyData)],
        };
        if (damage == 5) sections[^1].Place = 0x1000;    // sections that overlap, if there are two
        uint end = sections[^1].Place + ((sections[^1].Length + 0xFFF) & ~0xFFFu) + (shape == 1 ? 0x1000u : 0);
        byte[] file = new byte[FileAlignment * (1 + (2 * sections.Length))];
        ScriptBytes.Fill(file.AsSpan(FileAlignment), 0, seed >> 7);
        "MZ"u8.CopyTo(file);
        Word(0x3C, 0x40);
        "PE\0\0"u8.CopyTo(file.AsSpan(0x40));
        Half(0x44, damage == 6 ? 0x8664 : 0x14C);
        Half(0x46, sections.Length);
        Half(0x54, 0xE0);
        Half(0x56, 0x102);
        Half(Optional, 0x10B);
        Word(Optional + 16, 0x1000);
        Word(Optional + 28, (seed & 3) == 3 ? 0x1000_0000 : 0x2000_0000 + ((uint)(seed & 3) << 16));    // 3: outside of arenas
        Word(Optional + 32, 0x1000);
        Word(Optional + 36, (uint)FileAlignment);
        Word(Optional + 56, end);
        Word(Optional + 60, (uint)FileAlignment);
        Word(Optional + 92, 16);
        for (int i = 0; i < sections.Length; i++)
        {
            int at = Optional + 0xE0 + (i * 40);
            Word(at + 8, sections[i].Length);
            Word(at + 12, sections[i].Place);
            Word(at + 16, damage == 7 && i == 0 ? 0 : 2u * FileAlignment);    // 7: the file has nothing of the first section
            Word(at + 20, (uint)(FileAlignment * (1 + (2 * i))));
            Word(at + 36, sections[i].Flags);
        }

        return file;

        void Word(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        void Half(int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), (ushort)value);
    }
}
