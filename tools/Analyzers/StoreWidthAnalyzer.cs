using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Paging.Analyzers;

/// <summary>
/// Warns where the width of a store follows from a number that has no type of its own: <c>mmu.Write(at, 1)</c> stores four bytes.
/// </summary>
/// <remarks>
/// A literal without a suffix is an <c>int</c>, and so is what arithmetic makes of bytes: <c>mmu.Write(at, flags | 1)</c>, with
/// <c>flags</c> a byte. <c>mmu.Write&lt;byte&gt;(at, 1)</c>, <c>(byte)1</c> and <c>1u</c> say what they store.
/// </remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StoreWidthAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The identifier of the warning.</summary>
    public const string Id = "PAGING002";

    private static readonly DiagnosticDescriptor Rule = new(
        Id, "The width of a store is inferred", "'{0}' stores the 4 bytes of an int: name the type, as in {0}<int>", "Usage",
        DiagnosticSeverity.Warning, isEnabledByDefault: true, description: "The type of the value decides how many bytes are written.");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rule);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            INamedTypeSymbol? mmu = start.Compilation.GetTypeByMetadataName("Paging.Core.Mmu");
            if (mmu is null) return;
            start.RegisterOperationAction(operation => Check(operation, mmu), OperationKind.Invocation);
        });
    }

    private static void Check(OperationAnalysisContext context, INamedTypeSymbol mmu)
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        IMethodSymbol method = call.TargetMethod;
        bool isOfMmu = SymbolEqualityComparer.Default.Equals(method.ContainingType, mmu)
            || SymbolEqualityComparer.Default.Equals(method.ContainingType, mmu.BaseType);
        if (!isOfMmu || method.TypeArguments.Length != 1 || method.TypeArguments[0].SpecialType != SpecialType.System_Int32) return;
        if (NameOf(call.Syntax) is not IdentifierNameSyntax name) return;    // with <int> it is said
        ImmutableArray<IArgumentOperation> values = ImmutableArray.CreateRange(call.Arguments.Where(static one =>
            one.Parameter!.OriginalDefinition.Type is ITypeParameterSymbol));
        if (values.IsEmpty || values.Any(static one => one.Parameter!.RefKind != RefKind.None || !IsUntyped(one.Value))) return;
        context.ReportDiagnostic(Diagnostic.Create(Rule, name.GetLocation(), method.Name));
    }

    private static SimpleNameSyntax? NameOf(SyntaxNode call) => (call as InvocationExpressionSyntax)?.Expression switch
    {
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        SimpleNameSyntax alone => alone,
        _ => null,
    };

    // True if nothing in the expression was declared as an int.
    private static bool IsUntyped(IOperation value) => value switch
    {
        ILiteralOperation => true,
        IParenthesizedOperation inner => IsUntyped(inner.Operand),
        IUnaryOperation unary => IsUntyped(unary.Operand),
        IBinaryOperation binary => IsUntyped(binary.LeftOperand) && IsUntyped(binary.RightOperand),
        IConditionalOperation either => IsUntyped(either.WhenTrue) && (either.WhenFalse is null || IsUntyped(either.WhenFalse)),
        IConversionOperation { IsImplicit: true } promoted => promoted.Operand.Type?.SpecialType is SpecialType.System_Byte
            or SpecialType.System_SByte or SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_Char,
        _ => false,
    };
}
