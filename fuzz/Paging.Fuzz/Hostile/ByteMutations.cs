using System.Buffers.Binary;
using System.Text;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Ways to spoil bytes that something is going to read.</summary>
/// <param name="tokens">Pieces of text that mean something to the reader, or that readers trip over.</param>
internal sealed class ByteMutations(IReadOnlyList<string> tokens)
{
    /// <summary>The name of the mutation that spoils nothing.</summary>
    public const string None = "none";

    private const int LengthMax = 1 << 16;

    /// <summary>All names; <see cref="None"/> is the first.</summary>
    public static readonly string[] Names = [None, "flip", "drop", "double", "splice", "number", "noise", "token", "word", "cut"];

    private static readonly uint[] Words =
        [0, 1, 2, 3, 4, 0x1F, 0x20, 0xFFF, 0x1000, 0x1001, 0x7FFF_FFFF, 0x8000_0000, 0xBFFF_0000, 0xBFFF_FFFF, 0xC000_0000, 0xFFFF_F000,
            0xFFFF_FFFF];

    /// <summary>The bytes, spoiled once.</summary>
    public byte[] Apply(string name, byte[] bytes, FuzzRandom random)
    {
        int at = random.Below(bytes.Length + 1);
        int count = Math.Min(random.Skewed(64), bytes.Length - at);
        ReadOnlySpan<byte> before = bytes.AsSpan(0, at), chunk = bytes.AsSpan(at, count), after = bytes.AsSpan(at + count);
        switch (name)
        {
            case None:
                return bytes;
            case "flip":
                byte[] flipped = [.. bytes];
                if (at < flipped.Length) flipped[at] ^= (byte)(1 << random.Below(8));
                return flipped;
            case "drop":
                return [.. before, .. after];
            case "double":
                return bytes.Length > LengthMax ? bytes : [.. before, .. chunk, .. chunk, .. after];
            case "splice":
                int from = random.Below(bytes.Length + 1);
                return [.. before, .. bytes.AsSpan(from, Math.Min(count, bytes.Length - from)), .. after];
            case "number":
                return [.. before, .. Encoding.ASCII.GetBytes($"{(random.Percent(50) ? "0x" : "")}{random.Next():x}"), .. after];
            case "noise":
                byte[] noise = new byte[random.Skewed(32)];
                for (int i = 0; i < noise.Length; i++) noise[i] = (byte)random.Next();
                return [.. before, .. noise, .. after];
            case "word":
                return WithWord(bytes, random);
            case "cut":
                return before.ToArray();
            default:
                return [.. before, .. Encoding.UTF8.GetBytes(tokens[random.Below(tokens.Count)]), .. bytes.AsSpan(at)];
        }
    }

    /// <summary>A word at a limit of the values of words; near the beginning more often than not, where headers are.</summary>
    private static byte[] WithWord(byte[] bytes, FuzzRandom random)
    {
        if (bytes.Length < 4) return bytes;
        byte[] changed = [.. bytes];
        int end = random.Percent(80) ? Math.Min(bytes.Length, 256) : bytes.Length;
        int at = random.Below((end / 4) - 1) * 4;
        Span<byte> place = changed.AsSpan(at, 4);
        uint word = random.Percent(60)
            ? random.OneOf<uint>(Words)
            : BinaryPrimitives.ReadUInt32LittleEndian(place) + random.OneOf<uint>([1, 0xFFFF_FFFF, 0x1000, 0xFFFF_F000]);
        if (random.Percent(30)) BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)word);
        else BinaryPrimitives.WriteUInt32LittleEndian(place, word);
        return changed;
    }
}
