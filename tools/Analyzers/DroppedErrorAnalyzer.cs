using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Paging.Analyzers;

/// <summary>
/// Warns where the error of a call is dropped: a call that returns <c>Errno</c>, or <c>Win32Error</c>, as a statement of its own.
/// </summary>
/// <remarks>
/// The engine's memory calls return errors as values, as system calls do, and never throw them. A dropped error is a bug that shows
/// itself elsewhere. <c>_ = memory.Unmap(…)</c> says that it is meant.
/// </remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DroppedErrorAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The identifier of the warning.</summary>
    public const string Id = "PAGING001";

    private static readonly DiagnosticDescriptor Rule = new(
        Id, "An error is dropped", "The {0} of '{1}' is dropped: check it, or assign it to _", "Usage", DiagnosticSeverity.Warning,
        isEnabledByDefault: true, description: "Memory calls return their error as a value and do not throw.");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rule);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            INamedTypeSymbol? errno = start.Compilation.GetTypeByMetadataName("Paging.Core.Errno");
            INamedTypeSymbol? windows = start.Compilation.GetTypeByMetadataName("Paging.Windows.Win32Error");
            if (errno is null) return;
            start.RegisterOperationAction(operation => Check(operation, errno, windows), OperationKind.ExpressionStatement);
        });
    }

    // The body of a lambda that returns nothing is such a statement, too.
    private static void Check(OperationAnalysisContext context, INamedTypeSymbol errno, INamedTypeSymbol? windows)
    {
        IOperation dropped = ((IExpressionStatementOperation)context.Operation).Operation;
        IOperation call = dropped is IConditionalAccessOperation conditional ? conditional.WhenNotNull : dropped;
        if (call is IAwaitOperation awaited) call = awaited.Operation;
        if (call is not IInvocationOperation invocation) return;
        ITypeSymbol? type = dropped is IAwaitOperation ? dropped.Type : invocation.Type;
        bool isError = SymbolEqualityComparer.Default.Equals(type, errno)
            || (windows is not null && SymbolEqualityComparer.Default.Equals(type, windows));
        if (isError) context.ReportDiagnostic(Diagnostic.Create(Rule, call.Syntax.GetLocation(), type!.Name, invocation.TargetMethod.Name));
    }
}
