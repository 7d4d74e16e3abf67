using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Paging.Architecture.Tests;

/// <summary>The metadata tokens in the instructions of a method body. ECMA-335, partition III.</summary>
internal static class IlTokens
{
    private const int TwoByteOpcode = 0xFE;

    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!).ToDictionary(static code => code.Value & 0xFFFF, static code =>
            code.OperandType);

    /// <summary>In the order of the instructions; literal strings are left out.</summary>
    public static List<EntityHandle> Of(MethodBodyBlock body)
    {
        List<EntityHandle> tokens = [];
        BlobReader code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            int opcode = code.ReadByte();
            if (opcode == TwoByteOpcode) opcode = (TwoByteOpcode << 8) | code.ReadByte();
            switch (Operands[opcode])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType
                    or OperandType.InlineSig:
                    tokens.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset++;
                    break;
                case OperandType.InlineVar:
                    code.Offset += sizeof(short);
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += sizeof(long);
                    break;
                case OperandType.InlineSwitch:
                    int count = code.ReadInt32();
                    code.Offset += count * sizeof(int);
                    break;
                default:
                    code.Offset += sizeof(int);    // branch targets, 32-bit numbers, strings
                    break;
            }
        }

        return tokens;
    }
}
