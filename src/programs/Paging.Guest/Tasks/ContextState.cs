using System.Runtime.InteropServices;
using Paging.Guest.Records;
using Paging.Processors;

namespace Paging.Guest.Tasks;

/// <summary>A thread's registers as a record.</summary>
internal static class ContextState
{
    public static void Save(GuestContext context, RecordWriter writer)
    {
        Span<byte> floating = stackalloc byte[GuestContext.FloatingPointByteLength];
        context.SaveFloatingPoint(floating);
        writer.Begin(RecordKind.Context, 1);
        foreach (uint word in WordsOf(ref context.Registers)) writer.Write(word);
        for (int i = 0; i < GuestContext.TlsEntryCount; i++)
        {
            TlsDescriptor segment = context.GetTls(context.FirstTlsEntry + i);
            writer.Write(segment.Base.Value);
            writer.Write(segment.Limit);
            writer.Write((uint)segment.Flags);
        }

        writer.WriteBytes(floating);
        writer.End();
    }

    /// <summary>Loads a new context. Like sigreturn(2), it refuses values that a program cannot have.</summary>
    public static void Load(GuestContext context, RecordReader reader)
    {
        GuestRegisters saved = default;
        reader.Open(RecordKind.Context, 1);
        foreach (ref uint word in WordsOf(ref saved)) word = reader.ReadWord();
        context.Adopt(saved);
        for (int i = 0; i < GuestContext.TlsEntryCount; i++)
            context.SetTls(context.FirstTlsEntry + i, new(new(reader.ReadWord()), reader.ReadWord(), (TlsFlags)reader.ReadWord()));
        ReadOnlySpan<byte> floating = reader.ReadBytes();
        if (floating.Length != GuestContext.FloatingPointByteLength)
            throw RecordReader.Damaged("a floating-point state has another length");
        context.RestoreFloatingPoint(floating);
        reader.Close();
    }

    // The registers are sixteen words and nothing else.
    private static Span<uint> WordsOf(ref GuestRegisters registers) =>
        MemoryMarshal.Cast<GuestRegisters, uint>(MemoryMarshal.CreateSpan(ref registers, 1));
}
