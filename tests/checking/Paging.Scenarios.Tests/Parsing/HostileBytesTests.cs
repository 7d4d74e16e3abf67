using System.Text;
using Paging.Scripting.Parsing;
using Paging.Tests;

namespace Paging.Scripting.Tests;

/// <summary>The parser reads any bytes or throws a format error that gives the reason, and nothing else.</summary>
public sealed class HostileBytesTests
{
    [Fact]
    public void AnEndlessLineIsGivenUpAfterAMebibyte()
    {
        using EndlessStream stream = new((byte)'#');
        ScenarioFormatException exception = Assert.Throws<ScenarioFormatException>(() => ScenarioParser.Parse(stream, "endless"));
        Assert.Equal("endless:1: line too long (over 1,048,576 bytes)", exception.Message);
        Assert.InRange(stream.ReadByteCount, 1 << 20, 4 << 20);
    }

    [Theory]
    [InlineData(1 << 20, false)]
    [InlineData((1 << 20) + 1, true)]
    public void ALineMayHaveExactlyAMebibyte(int byteLength, bool isTooLong)
    {
        foreach (string end in (string[])["\n", ""])
        {
            string text = $"{Scenario.Header}\n#{new string('x', byteLength - 1)}{end}";
            Exception? exception = Record.Exception(() => ScenarioParser.ParseText(text, "long"));
            Assert.Equal(isTooLong ? "long:2: line too long (over 1,048,576 bytes)" : null, exception?.Message);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F' }, "x:1: not a text file: control character U+007F in column 1")]
    [InlineData(new byte[] { (byte)'#', 0 }, "x:1: not a text file: control character U+0000 in column 2")]
    [InlineData(new byte[] { (byte)'\n', (byte)'#', 0x1B, (byte)'[' }, "x:2: not a text file: control character U+001B in column 2")]
    [InlineData(new byte[] { (byte)'#', 0xC2, 0x9B }, "x:1: not a text file: control character U+009B in column 2")]
    [InlineData(new byte[] { (byte)'#', 0xE2, 0x80, 0xA8 }, "x:1: not a text file: control character U+2028 in column 2")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'#', 0 }, "x:1: not a text file: the line is not UTF-8")]
    [InlineData(new byte[] { (byte)'#', 0xC3 }, "x:1: not a text file: the line is not UTF-8")]
    [InlineData(new byte[] { (byte)'#', (byte)'\r', (byte)'x' }, "x:1: not a text file: control character U+000D in column 2")]
    public void BytesThatAreNoTextAreNamed(byte[] bytes, string message)
    {
        using MemoryStream stream = new(bytes);
        Assert.Equal(message, Assert.Throws<ScenarioFormatException>(() => ScenarioParser.Parse(stream, "x")).Message);
    }

    [Fact]
    public void AStreamMayComeInCrumbs()
    {
        byte[] bytes = File.ReadAllBytes(Recordings.Files[0]);
        using CrumblingStream stream = new(bytes);
        Assert.Equal(ScenarioParser.ParseFile(Recordings.Files[0]).Lines.AsEnumerable(), ScenarioParser.Parse(stream, "x").Lines);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void MutatedRecordingsAreReadOrRefused(int seed)
    {
        Random random = new(seed);
        byte[][] originals = [.. Recordings.Files.Select(File.ReadAllBytes)];
        int refusedCount = 0, rounds = Soak.Of(1_500, 300);
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Mutate(originals, random);
            using MemoryStream stream = new(bytes);
            Exception? exception = Record.Exception(() => ScenarioParser.Parse(stream, "mutant"));
            if (exception is null) continue;
            refusedCount++;
            ScenarioFormatException refusal = Assert.IsType<ScenarioFormatException>(exception);
            Assert.DoesNotContain('\n', refusal.Message);
            Assert.InRange(refusal.Message.Length, 10, 300);
            Assert.InRange(refusal.Line, 1, bytes.Count(static value => value == '\n') + 1);
        }
        Assert.InRange(refusedCount, rounds / 5, rounds - 1);    // a fuzzer whose mutants all live, or all die, tests little
    }

    private static byte[] Mutate(byte[][] originals, Random random)
    {
        List<byte> bytes = [.. originals[random.Next(originals.Length)]];
        for (int count = random.Next(1, 4); count > 0 && bytes.Count > 0; count--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;    // a truncated file
                case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 5: bytes.InsertRange(at, originals[random.Next(originals.Length)].AsSpan(0, 200)); break;    // a second file pasted in
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Splinters[random.Next(Splinters.Length)])); break;
            }
        }
        return [.. bytes];
    }

    private static string[] Splinters { get; } =
        ["{\n", "}\n", "(", ")", "\"", "= ", "-1 ", "|", ",", "0x", "[", "]", "\n", "\uFEFF", "99999999999999999999", "SIGBUS ", "process(",
        "#", "é", "\u2029"];

    private sealed class EndlessStream(byte value) : MemoryStream
    {
        public long ReadByteCount { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill(value);
            ReadByteCount += count;
            return count;
        }
    }

    private sealed class CrumblingStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _round;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (_round++ % 7)));
    }
}
